"""Deliveries leave: claimed under a lease, tried for a day with growing pauses, then given up.

Senders are threads of the sweeper, so that no render makes a webhook wait, and no slow receiver
the sweep. A sender that is killed leaves a lease that runs out, and the fact is sent again: at
least once, always under the same id.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
import uuid
from datetime import timedelta
from functools import reduce
from operator import or_
from secrets import token_hex

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.timezone import now

from sora_social import outbox
from sora_social.users.models import User
from sora_social.webhooks import signing
from sora_social.webhooks.models import Delivery, Endpoint, Event
from sora_social.webhooks.reaching import Answer, post
from sora_social.webhooks.services import give_up
from sora_social.webhooks.types import DeliveryState

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=settings.WEBHOOK_LEASE_S)
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3 * 3600.0  # seconds
TRIES_END = timedelta(hours=24)
FAILING_AT_MOST = timedelta(days=5)
AT_ONCE = 2  # of one person or app: nobody's slow server takes all senders
GONE = 410
_senders = threading.Semaphore(settings.WEBHOOK_SENDERS)


def sweep() -> None:
    """Set senders to work on what is due; it does not wait for them."""
    for _ in range(due()[: settings.WEBHOOK_SENDERS].count()):
        if not _senders.acquire(blocking=False):
            return
        threading.Thread(target=_send_all, name="webhooks", daemon=True).start()


def _send_all() -> None:
    try:
        while send_next():
            pass
    except Exception:
        log.exception("a sender of webhooks failed")
    finally:
        connection.close()
        _senders.release()


def send_next() -> bool:
    """Send one that is due; whether there was one."""
    delivery = claim()
    if delivery is None:
        return False
    note(delivery, send(delivery.endpoint, delivery.event))
    return True


def due() -> QuerySet[Delivery]:
    """What may be claimed now, longest due first, of those who have not enough under way."""
    return (
        Delivery.objects.filter(_free(), endpoint__in=Endpoint.objects.live())
        .filter(event__owner__in=User.objects.present())
        .exclude(_busy())
        .order_by("due_at")
    )


def _busy() -> Q:
    """Endpoints of whoever has AT_ONCE under way. A person and each of their apps count apart."""
    under_way = Delivery.objects.filter(state=DeliveryState.PENDING, lease_until__gt=Now())
    whose = under_way.values_list("endpoint__owner", "endpoint__authorization")
    counted = whose.annotate(n=Count("pk")).filter(n__gte=AT_ONCE)
    theirs = (Q(endpoint__owner=owner, endpoint__authorization=app) for owner, app, _ in counted)
    return reduce(or_, theirs, Q(pk__in=[]))


def _free() -> Q:
    """Of a delivery's own columns alone, so that a claim is one compare and swap."""
    unheld = Q(lease_until=None) | Q(lease_until__lte=Now())
    return Q(state=DeliveryState.PENDING, due_at__lte=Now()) & unheld


def claim() -> Delivery | None:
    """Take what is longest due, under a lease of its own; None when nothing is due."""
    for pk in due().values_list("pk", flat=True)[: 2 * settings.WEBHOOK_SENDERS]:
        taken = Delivery.objects.filter(_free(), pk=pk).update(
            lease_token=uuid.uuid4(),
            lease_until=Now() + LEASE,
            attempted_at=Now(),
            attempts=F("attempts") + 1,
        )
        if taken:
            return Delivery.objects.select_related("endpoint", "event").filter(pk=pk).first()
    return None


def send(endpoint: Endpoint, event: Event) -> Answer:
    """One POST: the same bytes and id each time, a fresh timestamp and signature."""
    body = body_of(event)
    try:
        keys = endpoint.secrets()
    except InvalidToken:  # SECRET_KEY is another now, without its fallback
        return Answer(None, 0, "secret_lost")
    signed = signing.headers(event.pk, int(time.time()), body, keys)
    named = {"Content-Type": "application/json", "User-Agent": "Sora-Social-Webhooks/1"}
    return post(endpoint.url, body, named | signed)


def body_of(event: Event) -> bytes:
    said = {
        "id": event.pk,
        "object": "event",
        "created_at": int(event.made_at.timestamp()),
        "type": event.type,
        "data": event.data,
    }
    return json.dumps(said, separators=(",", ":")).encode()


def example(event_type: str) -> Event:
    """A fact that never was, not kept, for a test."""
    kind = event_type.partition(".")[0]
    data = {"id": f"{kind}_{token_hex(16)}"}
    return Event(id=f"evt_{token_hex(16)}", type=event_type, data=data, made_at=now())


@transaction.atomic
def note(delivery: Delivery, answer: Answer) -> None:
    """Write down what came of an attempt, unless the lease went to somebody else meanwhile. The
    endpoint is locked before the delivery, here as everywhere."""
    list(Endpoint.objects.select_for_update(no_key=True).filter(pk=delivery.endpoint_id))
    held = Delivery.objects.filter(
        pk=delivery.pk, lease_token=delivery.lease_token, state=DeliveryState.PENDING
    )
    came = {"state": DeliveryState.DELIVERED} if answer.is_good else _after(delivery)
    noted = held.update(
        response_code=answer.status,
        latency_ms=answer.milliseconds,
        error=answer.error,
        lease_token=None,
        lease_until=None,
        **came,
    )
    if noted:
        _note_health(delivery.endpoint_id, answer)


def _after(delivery: Delivery) -> dict[str, object]:
    """What a failure leads to: another try, or none when a day has passed by then."""
    pause = timedelta(seconds=pause_after(delivery.attempts))
    is_last = Delivery.objects.filter(pk=delivery.pk, begun_at__lt=Now() + pause - TRIES_END)
    return {"state": DeliveryState.FAILED} if is_last.exists() else {"due_at": Now() + pause}


def pause_after(attempts: int) -> float:
    """Seconds until the next try: twice the pause before, give or take a fifth."""
    pause = min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 20), LONGEST_PAUSE)
    return pause * random.uniform(0.8, 1.2)


def _note_health(endpoint: uuid.UUID, answer: Answer) -> None:
    """An endpoint that failed for days, or says it is gone, is disabled, and a person told."""
    rows = Endpoint.objects.filter(pk=endpoint)
    if answer.is_good:
        rows.exclude(failing_since=None).update(failing_since=None)
        return
    rows.update(failing_since=Coalesce("failing_since", Now()))
    is_hopeless = Q() if answer.status == GONE else Q(failing_since__lt=Now() - FAILING_AT_MOST)
    if rows.filter(is_hopeless, disabled_at=None).update(disabled_at=Now()):
        _say_disabled(rows.get())


def _say_disabled(endpoint: Endpoint) -> None:
    give_up(endpoint)
    log.warning("webhook endpoint %s is disabled: it failed only", endpoint.pk)
    if endpoint.authorization_id is None:  # of an app's its owner knows nothing
        key = f"webhook_disabled:{endpoint.pk}:{endpoint.disabled_at}"
        facts = {"endpoint": endpoint.wire_id, "name": endpoint.name}
        outbox.write(key, endpoint.owner_id, "webhook_disabled", **facts)

"""Endpoints and their secrets, facts that become deliveries, deliveries sent once more."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django.utils.timezone import now

from sora_social import errors
from sora_social.outbox import OutboxEvent
from sora_social.users.export import as_json
from sora_social.users.models import User
from sora_social.webhooks import signing
from sora_social.webhooks.addresses import NotFound, judged, target_of
from sora_social.webhooks.errors import Disabled, TooManyEndpoints
from sora_social.webhooks.models import Delivery, Endpoint, Event
from sora_social.webhooks.types import EVENT_TYPES, DeliveryState, Fact

MOST = 20  # endpoints of one person, and of one app for one person
OLD_LIVES = timedelta(hours=24)
LOG = timedelta(days=30)


# --- endpoints ------------------------------------------------------------------------------------


def add(
    owner: User, name: str, url: str, event_types: Sequence[str], app: UUID | None = None
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is shown here and never again; `app` is the
    authorization of the app that makes it. Raises UrlRefused, TooManyEndpoints."""
    require_public(url)
    secret = signing.new_secret()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)
        if Endpoint.objects.filter(owner=owner, authorization=app).count() >= MOST:
            raise TooManyEndpoints(most=MOST)
        endpoint = Endpoint.objects.create(
            owner=owner,
            authorization_id=app,
            name=name,
            url=url,
            event_types=in_order(event_types),
            secret=signing.seal(secret),
            hint=secret[-4:],
        )
    return endpoint, secret


def require_public(url: str) -> None:
    """Raises UrlRefused. A name that nobody knows yet may come to be: it is judged at each
    sending."""
    try:
        judged(target_of(url))
    except NotFound:
        pass


def in_order(event_types: Sequence[str]) -> list[str]:
    """Each once, in the order of EVENT_TYPES."""
    return [one for one in EVENT_TYPES if one in event_types]


@transaction.atomic
def change(endpoint: Endpoint, **wanted: Any) -> Endpoint:
    """Change `name`, `url`, `event_types`, `enabled`; what is so already moves nothing. Raises
    UrlRefused."""
    if wanted.get("url", endpoint.url) != endpoint.url:
        require_public(str(wanted["url"]))
    if "event_types" in wanted:
        wanted["event_types"] = in_order(wanted["event_types"])
    kept = _locked(endpoint)
    changes = {name: value for name, value in wanted.items() if getattr(kept, name) != value}
    if "enabled" in changes:
        changes |= _switched(kept, is_on=bool(changes.pop("enabled")))
    if changes:
        Endpoint.objects.filter(pk=kept.pk).update(changed_at=now(), **changes)
    kept.refresh_from_db()
    return kept


def _locked(endpoint: Endpoint) -> Endpoint:
    """Its row, locked. Raises NotFound when it is gone meanwhile."""
    kept = Endpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
    if kept is None:
        raise errors.NotFound
    return kept


def _switched(endpoint: Endpoint, *, is_on: bool) -> dict[str, object]:
    if is_on:
        return {"disabled_at": None, "failing_since": None}
    give_up(endpoint)
    return {"disabled_at": now()}


def give_up(endpoint: Endpoint) -> None:
    """Nothing more is sent to it, and nothing is kept for later."""
    waiting = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING)
    waiting.update(state=DeliveryState.FAILED, error="disabled", lease_token=None)


@transaction.atomic
def remove(endpoint: Endpoint) -> None:
    """It, its secrets and its log. Of two at once one finds it gone. Raises NotFound."""
    _locked(endpoint).delete()


@transaction.atomic
def rotate_secret(endpoint: Endpoint, *, keep_old: bool = False) -> tuple[Endpoint, str]:
    """A new secret; the old one is dead at once, or signs too for another day."""
    kept = _locked(endpoint)
    secret = signing.new_secret()
    kept.old_secret = kept.secret if keep_old else ""
    kept.old_secret_until = now() + OLD_LIVES if keep_old else None
    kept.secret, kept.hint, kept.changed_at = signing.seal(secret), secret[-4:], now()
    kept.save(update_fields=["old_secret", "old_secret_until", "secret", "hint", "changed_at"])
    return kept, secret


# --- facts ----------------------------------------------------------------------------------------


def announce(told: OutboxEvent) -> None:
    """In the outbox's transaction: one event for the fact, one delivery for each endpoint that
    listens. Doing it again changes nothing."""
    fact = next(filter(None, (import_string(read)(told) for read in settings.WEBHOOK_FACTS)), None)
    if fact is None:
        return
    if listening := _listening(told.user_id, fact):
        event = Event(
            id=event_id(told.event_key),
            owner_id=told.user_id,
            type=fact.type,
            data=fact.data,
            made_at=told.made_at,
        )
        Event.objects.bulk_create([event], ignore_conflicts=True)
        Delivery.objects.bulk_create(
            [Delivery(endpoint=endpoint, event=event) for endpoint in listening],
            ignore_conflicts=True,
        )


def event_id(fact_key: str) -> str:
    """The one id of a fact."""
    return f"evt_{hashlib.sha256(fact_key.encode()).hexdigest()[:32]}"


def _listening(owner: int, fact: Fact) -> list[Endpoint]:
    hearing = Endpoint.objects.hearing(owner, fact.via)
    return [endpoint for endpoint in hearing if fact.type in endpoint.event_types]


def replay(delivery: Delivery) -> Delivery:
    """Send a fact once more, under its id, with all the tries of a new one. One that is being sent
    at this moment is left alone. Raises Disabled."""
    if not delivery.endpoint.enabled:
        raise Disabled
    unheld = Delivery.objects.filter(pk=delivery.pk, lease_token=None)
    unheld.update(
        state=DeliveryState.PENDING,
        begun_at=Now(),
        due_at=Now(),
        attempts=0,
        replays=F("replays") + 1,
    )
    delivery.refresh_from_db()
    return delivery


def forget_old(limit: int = 200) -> int:
    """Facts, and who heard them, go after LOG, endpoints of apps with their leave; how many facts
    went."""
    Endpoint.objects.filter(authorization__ended_at__isnull=False).delete()
    old = Event.objects.filter(made_at__lt=Now() - LOG).values_list("pk", flat=True)[:limit]
    going = list(old)
    if going:
        Event.objects.filter(pk__in=going).delete()
    return len(going)


# --- a person's own -------------------------------------------------------------------------------


def personal_data(person: User) -> Iterator[tuple[str, bytes | str]]:
    app, of_endpoint = "authorization__app__name", ("name", "url", "event_types", "made_at")
    shown = (*of_endpoint, "changed_at", "disabled_at", app)
    endpoints = Endpoint.objects.filter(owner=person).order_by("pk").values(*shown)
    sent = Delivery.objects.filter(endpoint__owner=person).order_by("pk")
    rows = sent.values("event", "event__type", "event__data", "state", "attempted_at")
    yield "webhooks.json", as_json({"endpoints": list(endpoints), "deliveries": list(rows)})


def forget(person: User) -> None:
    Endpoint.objects.filter(owner=person).delete()
    Event.objects.filter(owner=person).delete()

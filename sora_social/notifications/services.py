"""Tell people what happened: at once to their sockets, and for later in the mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from sora_social.notifications.models import Notice
from sora_social.outbox import OutboxEvent
from sora_social.realtime import tell
from sora_social.users.export import as_json
from sora_social.users.models import User

NOTICE_KINDS = frozenset(
    {
        "job_ended",
        "cameo_used",
        "cameo_reviewed",
        "character_ready",
        "character_refused",
        "consent_requested",
        "consent_granted",
        "consent_declined",
        "consent_revoked",
        "follow",
        "like",
        "comment",
        "remix",
        "likeness_discarded",
        "draft_reviewed",
        "report_decided",
        "decided_against",
        "hidden_on_claim",
        "claim_rejected",
        "claim_was_false",
        "counter_notice",
        "counter_contested",
        "appeal_settled",
        "webhook_disabled",
    }
)


@transaction.atomic
def deliver(event: OutboxEvent) -> None:
    """Tell the person; keep a notice of what they should find later, once per event key.

    Who caused it stands in the payload as `by`, a handle; it goes when that person goes.
    """
    if event.kind in NOTICE_KINDS and User.objects.filter(pk=event.user_id).exists():
        _keep(event)
    said = partial(tell, event.user_id, event.kind, **event.payload)
    transaction.on_commit(said, robust=True)


def _keep(event: OutboxEvent) -> None:
    notice = Notice(
        user_id=event.user_id, event_key=event.event_key, kind=event.kind, payload=event.payload
    )
    Notice.objects.bulk_create([notice], ignore_conflicts=True)


def read_up_to(person: User, notice: UUID) -> int:
    """Mark a notice and all older ones as read; how many were not."""
    unread = Notice.objects.filter(user=person, read_at=None, pk__lte=notice)
    return unread.update(read_at=now())


def personal_data(person: User) -> Iterator[tuple[str, bytes | str]]:
    rows = person.notices.order_by("pk").values("kind", "payload", "made_at", "read_at")
    yield "notices.json", as_json(list(rows))


def forget(person: User) -> None:
    """What was told to the person, and what others were told of them."""
    about = Q(user_id=person.pk) | Q(payload__by=person.handle)
    OutboxEvent.objects.filter(about).delete()
    Notice.objects.filter(about).delete()

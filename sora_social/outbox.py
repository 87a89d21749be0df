"""What must be told is written in the transaction that made it true, and told after it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)
FEW = 20  # events that a request waits for
Teller = Callable[[int, str, dict[str, Any], str], None]


class OutboxEvent(models.Model):
    """One event for one person. `event_key` is the de-duplication key: at least once, told once."""

    event_key = models.CharField(max_length=160, unique=True)
    user_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    made_at = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="outbox_untold", condition=models.Q(told_at__isnull=True)
            )
        ]


def write(event_key: str, user_id: int, kind: str, **payload: Any) -> None:
    """Add an event to the running transaction and relay it right after the commit."""
    write_all([OutboxEvent(event_key=event_key, user_id=user_id, kind=kind, payload=payload)])


def write_all(events: Sequence[OutboxEvent]) -> None:
    """Add events to the running transaction. A few are relayed right after the commit; with many
    nobody is kept waiting: the sweeper relays them."""
    made = OutboxEvent.objects.bulk_create(events, ignore_conflicts=True)
    for event in made if len(made) <= FEW else ():
        transaction.on_commit(partial(relay, event_key=event.event_key), robust=True)


def relay(limit: int = 200, **which: Any) -> int:
    """Tell what is untold, each row locked meanwhile; the sweeper repairs what was missed."""
    told = 0
    for pk in OutboxEvent.objects.filter(told_at=None, **which).values_list("pk", flat=True)[
        :limit
    ]:
        told += _tell_one(pk)
    return told


@transaction.atomic
def _tell_one(pk: int) -> int:
    skip = connection.features.has_select_for_update_skip_locked
    untold = OutboxEvent.objects.select_for_update(skip_locked=skip).filter(told_at=None)
    event = untold.filter(pk=pk).first()
    if event is None:
        return 0
    for told_to in settings.TOLD_TO:
        import_string(told_to)(event)
    OutboxEvent.objects.filter(pk=pk).update(told_at=Now())
    return 1

"""What waits for a worker to look at it: sent, sent again, claimed for a lease; and its pictures.

The row is the truth, a message to a worker only a hint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from cameos import verifying
from cameos.models import Capture, Character, Repacking
from sora_social import storage
from sora_social.celery import app
from sora_social.ids import uuid7

LEASE = timedelta(seconds=verifying.WALL + 30)
MOST_TRIES = 3  # workers lost over one of them
SENT_AT_ONCE = 100
Waiting = Capture | Character | Repacking
Free = QuerySet[Capture] | QuerySet[Character] | QuerySet[Repacking]


def send(row: Waiting, task: str) -> None:
    """Once this is committed, tell a worker."""
    args = [str(row.pk)]
    transaction.on_commit(lambda: app.send_task(task, args, retry=False), robust=True)


def send_again(free: Free, task: str) -> int:
    """Tell workers again of what none has begun with; how many. Sweepers call this."""
    sent, stale = 0, Now() - timedelta(seconds=settings.REDISPATCH_S)
    for row in free.filter(sent_at__lt=stale)[:SENT_AT_ONCE]:
        if free.filter(pk=row.pk, sent_at=row.sent_at).update(sent_at=Now()):
            send(row, task)
            sent += 1
    return sent


def claim(free: Free, pk: str) -> bool:
    """Of two workers that are told one gets it, for as long as a look may take."""
    return bool(free.filter(pk=pk).update(tries=F("tries") + 1, claimed_until=Now() + LEASE))


def keep(
    folder: str, pictures: Iterable[bytes], write_down: Callable[[Mapping[str, str]], bool]
) -> None:
    """Store pictures, and hand their sha256 by key to what writes them down; they are dropped again
    unless it does."""
    named = {f"{folder}/{uuid7()}.webp": picture for picture in pictures}
    kept = False
    try:
        stored = {key: storage.put_bytes(key, picture).sha256 for key, picture in named.items()}
        kept = write_down(stored)
    finally:
        if not kept:
            storage.drop_each(named)

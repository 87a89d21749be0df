"""A batch goes from state to state: read, fed, waited for, ended. The sweeper's work.

It is done in a thread of the sweeper, under a lease on the batch: any number of processes may do
it, and one that dies leaves a lease that runs out. Every step may be taken twice.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from generation import dispatch
from generation.models import Job, WireBatch, WireFile, WireLine
from generation.openai.batches import feeding, results
from generation.openai.batches.lines import Fault, Line, in_parts, lines_of
from generation.states import BatchState, JobState, LineState
from sora_social import storage
from sora_social.errors import IllegalMove
from sora_social.users import keys

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=settings.BATCH_LEASE_S)
TOGETHER = 500  # lines written at a time
_at_work = threading.Semaphore(1)


class LeaseLost(Exception):
    """Somebody else is at this batch now."""


def sweep() -> None:
    """Set a thread to work on the batches under way, unless one is; it is not waited for."""
    if WireBatch.objects.open().exists() and _at_work.acquire(blocking=False):
        threading.Thread(target=_advance_all, name="batches", daemon=True).start()


def _advance_all() -> None:
    try:
        advance_all()
    finally:
        connection.close()
        _at_work.release()


def advance_all() -> None:
    """Take every batch as far as it goes now; one that fails keeps no other."""
    for pk in WireBatch.objects.open().order_by("pk").values_list("pk", flat=True):
        try:
            advance(pk)
        except LeaseLost:
            pass
        except Exception:
            log.exception("batch %s stands still", pk)


def advance(pk: UUID) -> None:
    """Take a batch as far as it goes now, if nobody else does. Raises LeaseLost."""
    if (held := _claim(pk)) is None:
        return
    try:
        while (batch := _held(held)) and STEPS[BatchState(batch.state)](batch):
            pass
    finally:
        _mine(held).update(lease_token=None, lease_until=None)


def validate(batch: WireBatch) -> bool:
    """Read the file; with a fault in it nothing is begun."""
    if _is_over(batch):
        return _end(batch, BatchState.EXPIRED)
    WireLine.objects.filter(batch=batch).delete()  # of a try that died
    faults, count = _read(batch)
    if faults:
        WireLine.objects.filter(batch=batch).delete()
        said = [fault._asdict() for fault in faults]
        return _end(batch, BatchState.FAILED, faults=said)
    batch.move(BatchState.IN_PROGRESS, total=count)
    return True


def _read(batch: WireBatch) -> tuple[list[Fault], int]:
    """What is wrong in the file, else how many lines of it are kept now."""
    file = WireFile.objects.by(batch.owner).live().filter(pk=batch.input_file).first()
    if file is None:
        return [Fault("file_not_found", "The input file was deleted.", "input_file_id")], 0
    faults, count = list[Fault](), 0
    with storage.open_file(file.key) as opened:
        for some in in_parts(lines_of(opened), TOGETHER):
            _renew(batch)
            lines = [one for one in some if isinstance(one, Line)]
            faults += [one for one in some if isinstance(one, Fault)]
            count += len(lines)
            if not faults:
                WireLine.objects.bulk_create(
                    WireLine(
                        batch=batch, number=one.number, custom_id=one.custom_id, asked=one.body
                    )
                    for one in lines
                )
    return faults, count


def work(batch: WireBatch) -> bool:
    """Queue what there is room for; when all has ended, the files are written."""
    if _is_over(batch):
        _cancel_jobs(batch, Job.objects.open(), "expired")
        return _end(batch, BatchState.EXPIRED)
    if not keys.may_go_on(batch.via):
        batch.move(BatchState.CANCELLING)
        return True
    for line in feeding.next_lines(batch, feeding.places_for(batch)):
        _renew(batch)
        if not feeding.queue(batch, line):
            break
    lines = WireLine.objects.filter(batch=batch)
    if lines.filter(_is_unfinished()).exists():
        return False
    batch.move(BatchState.FINALIZING)
    return True


def wind_up(batch: WireBatch) -> bool:
    """Cancelled: what waits is not begun or given back, what is being made is waited for."""
    _cancel_jobs(batch, Job.objects.filter(state=JobState.QUEUED), "author")
    if Job.objects.open().filter(wire_lines__batch=batch).exists() and not _is_over(batch):
        return False
    return _end(batch, BatchState.CANCELLED)


def finalize(batch: WireBatch) -> bool:
    return _end(batch, BatchState.COMPLETED)


STEPS: dict[BatchState, Callable[[WireBatch], bool]] = {
    BatchState.VALIDATING: validate,
    BatchState.IN_PROGRESS: work,
    BatchState.CANCELLING: wind_up,
    BatchState.FINALIZING: finalize,
}


def _end(batch: WireBatch, state: BatchState, **changes: object) -> bool:
    _renew(batch)
    results.conclude(batch, state, **changes)
    return False


def _is_over(batch: WireBatch) -> bool:
    return WireBatch.objects.filter(pk=batch.pk, expires_at__lte=Now()).exists()


def _is_unfinished() -> Q:
    open_jobs = Q(job__state__in=[JobState.QUEUED, JobState.RUNNING])
    return Q(state=LineState.WAITING) | open_jobs


def _cancel_jobs(batch: WireBatch, jobs: QuerySet[Job], reason: str) -> None:
    for pk in list(jobs.filter(wire_lines__batch=batch).values_list("pk", flat=True)):
        with suppress(IllegalMove):  # it ended meanwhile
            dispatch.cancel(pk, reason)


# --- the lease ------------------------------------------------------------------------------------


def _claim(pk: UUID) -> WireBatch | None:
    free = Q(lease_until=None) | Q(lease_until__lte=Now())
    token = uuid.uuid4()
    unheld = WireBatch.objects.open().filter(free, pk=pk)
    if not unheld.update(lease_token=token, lease_until=Now() + LEASE):
        return None
    return WireBatch.objects.get(pk=pk, lease_token=token)


def _held(batch: WireBatch) -> WireBatch | None:
    """It as it stands now, while it is ours and has not ended."""
    open_ones = WireBatch.objects.open().select_related("owner")
    return open_ones.filter(pk=batch.pk, lease_token=batch.lease_token).first()


def _renew(batch: WireBatch) -> None:
    if not _mine(batch).update(lease_until=Now() + LEASE):
        raise LeaseLost


def _mine(batch: WireBatch) -> QuerySet[WireBatch]:
    return WireBatch.objects.filter(pk=batch.pk, lease_token=batch.lease_token)

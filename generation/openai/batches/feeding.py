"""Lines of a batch become jobs, as many at a time as their person has room for beside other wishes.

A line is an ordinary job of an ordinary submit: the same gates, credits and caps. Its idempotency
key is its place in the batch, so that a process that dies between the job and the note of it has
queued the line once, and whoever goes on finds that job again.
"""

from __future__ import annotations

import json
import logging

from django.db import InterfaceError, OperationalError

from generation.errors import EngineMissing, TooManyJobs
from generation.models import Job, WireBatch, WireLine
from generation.openai import asking
from generation.plans import plan_of
from generation.states import LineState
from sora_social.wire.bodies import Body
from sora_social.wire.errors import answer
from sora_social.wire.shape import shape

log = logging.getLogger(__name__)
LATER = (TooManyJobs, EngineMissing, OperationalError, InterfaceError)  # nothing against the line


def places_for(batch: WireBatch) -> int:
    """How many lines may be queued now: batches take half of their person's places at most."""
    share = max(1, plan_of(batch.owner_id).at_once // 2)
    ours = WireLine.objects.filter(batch__owner=batch.owner_id, state=LineState.QUEUED)
    return share - Job.objects.open().filter(wire_lines__in=ours).count()


def next_lines(batch: WireBatch, count: int) -> list[WireLine]:
    """The first that wait, in order."""
    waiting = WireLine.objects.filter(batch=batch, state=LineState.WAITING).order_by("number")
    return list(waiting[: max(count, 0)])


def queue(batch: WireBatch, line: WireLine) -> bool:
    """Ask for the video of a line, and keep what came of it; False: not now."""
    try:
        video = asking.create(_asker(batch, line), Body(json.loads(line.asked), is_form=False))
    except LATER:
        return False
    except Exception as error:  # the next line may be sound
        _refuse(line, error)
    else:
        _note(line, state=LineState.QUEUED, job=video.job)
    return True


def _asker(batch: WireBatch, line: WireLine) -> asking.Asker:
    return asking.Asker(batch.owner, key=f"{batch.pk.hex} line {line.number}", via=batch.via)


def _refuse(line: WireLine, error: Exception) -> None:
    refusal = answer(error, {})
    if refusal is None:
        log.exception("line %s of batch %s", line.number, line.batch_id, exc_info=error)
        status, said = 500, shape(500, "server_error", "This could not be asked: a fault of ours.")
    else:
        status, said = refusal.status_code, refusal.data
    _note(line, state=LineState.REFUSED, status=status, said=said)


def _note(line: WireLine, **changes: object) -> None:
    WireLine.objects.filter(pk=line.pk, state=LineState.WAITING).update(**changes)

"""One try at a job, from the claim to its last word. Runs in a worker's thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

from django.db import DatabaseError, connection

from cameos.errors import FirewallOff
from generation import batching, dispatch, pipeline, turns
from generation.errors import Blocked
from generation.heartbeat import Heartbeat
from generation.models import Job
from generation.rendering import RenderFailed, RenderLost, RenderStopped, Seat, children
from generation.ride import Ride
from generation.types import Lost, StoreAway

log = logging.getLogger(__name__)
Place = Callable[[threading.Event], AbstractContextManager[Seat]]


def execute() -> None:
    """Claim the job whose turn it is and make it, together with others that are like it. When none
    waits it does nothing."""
    if (taken := turns.take()) is None:
        return
    pk, token = taken
    job = Job.objects.select_related("author").filter(pk=pk).first()
    if job is None:
        return
    if others := batching.companions(job):
        _make_together([(job, token), *others])
    else:
        _make(job, token, children.borrow)


def _make_together(crew: list[tuple[Job, UUID]]) -> None:
    """Each job in a thread of its own, as if it were alone; only the forward is shared."""
    ride = Ride(len(crew))
    threads = [
        threading.Thread(target=_ride_along, args=(job, token, seat.taken), daemon=True)
        for (job, token), seat in zip(crew, ride.seats, strict=True)
    ]
    for thread in threads:
        thread.start()
    ride.drive(children)
    for thread in threads:
        thread.join()


def _ride_along(job: Job, token: UUID, place: Place) -> None:
    try:
        _make(job, token, place)
    except DatabaseError:
        log.exception("job %s is left to its lease", job.pk)
    finally:
        connection.close()


def _make(job: Job, token: UUID, place: Place) -> None:
    with Heartbeat(job, token, dispatch.beat, dispatch.holds) as heart:
        try:
            with place(heart.lost) as seat:
                made = pipeline.make(job, token, heart, seat)
            dispatch.finish(job.pk, token, made)
        except DatabaseError:
            raise  # nothing can be said of the job now; its lease runs out and it is tried again
        except Exception as error:
            _account_for(job.pk, token, error)


def _account_for(pk: UUID, token: UUID, error: Exception) -> None:
    """What becomes of the job after this error."""
    match error:
        case Lost() | RenderStopped():
            dispatch.stand_down(pk, token)
        case Blocked():
            dispatch.block(pk, token, **error.facts)
        case RenderLost() | StoreAway() | FirewallOff() | OSError():
            log.warning("job %s lost a try: %s", pk, error)
            dispatch.lose(pk, token)
        case RenderFailed():
            log.warning("job %s failed a try: %s", pk, error)
            dispatch.fail(pk, token, error.reason, retry=error.retry)
        case _:
            log.exception("job %s failed a try", pk, exc_info=error)
            dispatch.fail(pk, token, type(error).__name__[:60])

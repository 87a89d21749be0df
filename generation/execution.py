"""One try at a job, from the claim to its last word. Runs in a worker's thread."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import DatabaseError

from generation import dispatch, pipeline
from generation.errors import Blocked
from generation.heartbeat import Heartbeat
from generation.models import Job
from generation.rendering import RenderFailed, RenderLost
from generation.types import Lost, StoreAway

log = logging.getLogger(__name__)


def execute(pk: UUID) -> None:
    """Claim the job and make it. Called twice or late it does nothing."""
    token = dispatch.claim(pk)
    job = Job.objects.select_related("author").filter(pk=pk).first() if token else None
    if token is None or job is None:
        return
    with Heartbeat(job, token, dispatch.beat) as heart:
        try:
            dispatch.finish(pk, token, pipeline.make(job, token, heart))
        except DatabaseError:
            raise  # nothing can be said of the job now; its lease runs out and it is tried again
        except Exception as error:
            _account_for(pk, token, error)


def _account_for(pk: UUID, token: UUID, error: Exception) -> None:
    """What becomes of the job after this error."""
    match error:
        case Lost():
            dispatch.stand_down(pk, token)
        case Blocked(facts={"rule": rule}):
            dispatch.block(pk, token, rule)
        case RenderLost() | StoreAway() | OSError():
            log.warning("job %s lost a try: %s", pk, error)
            dispatch.lose(pk, token)
        case RenderFailed():
            log.warning("job %s failed a try: %s", pk, error)
            dispatch.fail(pk, token, error.reason, retry=error.retry)
        case _:
            log.exception("job %s failed a try", pk, exc_info=error)
            dispatch.fail(pk, token, type(error).__name__[:60])

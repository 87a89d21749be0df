"""The life of a job row: send, claim, beat, finish, fail, lose, sweep.

The row is the truth and a broker's message a hint that somebody waits; whose turn it is, `turns`
says. Who claims holds a lease with a token; every
later word about the job is fenced by that token. All times are the database's. Locks are taken in
one order everywhere: consents, then the job, then the account.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from cameos.models import Consent
from cameos.services import give_back
from generation import barring, credits, gates
from generation.models import CameoUse, CharacterUse, Job
from generation.publishing import publish, tell_those_in_it
from generation.states import ENDED, JobState
from generation.types import Made
from sora_social import outbox
from sora_social.celery import app as celery
from sora_social.changes import changing
from sora_social.errors import IllegalMove
from sora_social.prepared import PreparedRow, Text, as_uuid
from sora_social.realtime import tell
from sora_social.users.models import User

log = logging.getLogger(__name__)
TASK = "generation.tasks.run_job"
CONFIRMED_WITHIN = 3  # seconds for the broker to say that it has the hint
LONGEST_PAUSE = 30.0  # seconds before a job is tried again


def send(pk: UUID) -> None:
    """Give the broker a hint; the sweeper repairs its loss."""
    celery.send_task(TASK, args=[str(pk)], retry=False, confirm_timeout=CONFIRMED_WITHIN)
    SENT.of(pk.hex)


def _sent(pk: str) -> Text:
    waiting = Job.objects.filter(pk=as_uuid(pk), state=JobState.QUEUED)
    return changing(waiting, dispatched_at=Now())


SENT = PreparedRow(_sent)


def claim(pk: UUID) -> UUID | None:
    """Take a queued job: the token of the lease, or None when somebody else has it."""
    token = uuid.uuid4()
    taken = (
        free()
        .filter(pk=pk)
        .update(
            state=JobState.RUNNING,
            state_changed_at=Now(),
            lease_token=token,
            lease_until=_lease(),
            started_at=Now(),
            progress=0.0,
            stage="",
        )
    )
    return token if taken else None


def free() -> QuerySet[Job]:
    """Jobs that a worker may claim now."""
    return Job.objects.filter(_ready(), state=JobState.QUEUED, deadline_at__gt=Now())


def beat(pk: UUID, token: UUID, **seen: object) -> bool:
    """Renew the lease and note what is `seen`; False: stop, it is not yours or not allowed."""
    return _going_on(pk, token).update(lease_until=_lease(), **seen) == 1


def holds(pk: UUID, token: UUID) -> bool:
    """What the next beat will say, without writing anything."""
    return _going_on(pk, token).exists()


@transaction.atomic
def finish(pk: UUID, token: UUID, made: Sequence[Made]) -> JobState | None:
    """Publish all that was made, if the lease and every leave still hold and none of it is a copy
    of what may not come back; None when fenced off."""
    job = _held(pk, token)
    if job is None:
        return None
    if reason := why_stop(job):
        close(job, JobState.CANCELLED, reason)
        return JobState.CANCELLED
    if bar := barring.barred(made):
        Job.objects.filter(pk=job.pk).update(verdict=barring.verdict())
        close(job, JobState.BLOCKED, barring.BARRED)
        barring.note(bar, job)
        return JobState.BLOCKED
    outputs = [publish(job, variant, one) for variant, one in enumerate(made)]
    drafts = [str(output.pk) for output in outputs]
    held = [str(output.pk) for output in outputs if output.is_held]
    close(job, JobState.DONE, draft=drafts[0], drafts=drafts, held=held)
    tell_those_in_it(job, drafts)
    return JobState.DONE


@transaction.atomic
def fail(pk: UUID, token: UUID, reason: str, *, retry: bool = True) -> None:
    """A try failed by itself: again after a pause, or failed for good."""
    job = _held(pk, token)
    if job is None:
        return
    tried = job.attempt + 1
    if retry and tried < settings.MAX_ATTEMPTS:
        _requeue(job, attempt=tried, run_after=_after(tried))
    else:
        close(job, JobState.FAILED, reason)


@transaction.atomic
def block(pk: UUID, token: UUID, rule: str, **verdict: Any) -> None:
    """Screening said no: nothing is made, nothing is paid. What it stands on is kept."""
    if job := _held(pk, token):
        Job.objects.filter(pk=pk).update(verdict={"rule": rule, **verdict})
        close(job, JobState.BLOCKED, rule)


@transaction.atomic
def lose(pk: UUID, token: UUID) -> None:
    """The machines lost this try (a killed child, a full disk): back into the queue."""
    if job := _held(pk, token):
        _lose(job)


@transaction.atomic
def stand_down(pk: UUID, token: UUID) -> None:
    """A beat was refused: end the job if it may not go on, else leave it to another try."""
    job = _held(pk, token)
    if job is None:
        return
    if reason := why_stop(job):
        close(job, JobState.CANCELLED, reason)
    else:
        _lose(job)


@transaction.atomic
def cancel(pk: UUID, reason: str) -> Job:
    """End an open job; a worker that renders it hears so at its next beat. Raises IllegalMove."""
    _lock_leaves(pk)
    job = Job.objects.select_for_update().get(pk=pk)
    close(job, JobState.CANCELLED, reason)
    return job


def close(job: Job, state: JobState, reason: str = "", **facts: object) -> None:
    """The one end of a job, it and its leaves locked: state, credits, counted uses, the notice."""
    done = {"progress": 1.0} if state == JobState.DONE else {}
    job.move(state, reason=reason, lease_token=None, lease_until=None, finished_at=Now(), **done)
    if state == JobState.DONE:
        credits.settle(job)
    else:
        give_back(Consent.objects.filter(uses__job=job.pk))
        credits.release(job)
    told = {"job": str(job.pk), "state": state.value, "reason": reason, **facts}
    told |= {"surfaces": sorted(job.where), "via": job.via}
    outbox.write(f"job:{job.pk}:{state.value}", job.author_id, "job_ended", **told)
    ended = {"id": str(job.pk), "state": state.value, "stage": "", "progress": job.progress}
    transaction.on_commit(lambda: tell(job.author_id, "job", **ended), robust=True)


def why_stop(job: Job) -> str:
    """Why nothing may come of the job any more; empty while it may."""
    if gates.refusal(job.pk, job.where):
        return "consent"
    if Job.objects.may_go_on().filter(pk=job.pk).exists():
        return ""
    if CharacterUse.objects.unusable().filter(job=job.pk).exists():
        return "character"
    return "source" if User.objects.present().filter(pk=job.author_id).exists() else "suspended"


def sweep(limit: int = 200) -> None:
    """Repair what was lost: leases that ran out, jobs past their end, hints gone stale.

    Any number of processes may sweep at once.
    """
    for pk in _first(Job.objects.filter(_expired()), limit):
        _each(pk, _expired(), _lose)
    for pk in _first(Job.objects.filter(_late()), limit):
        _each(pk, _late(), lambda job: close(job, JobState.FAILED, "deadline"))
    for pk in _first(Job.objects.filter(_waiting_in_vain()), limit):
        _each(pk, _waiting_in_vain(), lambda job: close(job, JobState.CANCELLED, why_stop(job)))
    for pk in _first(Job.objects.filter(_stale()), limit):
        send(pk)


def _going_on(pk: UUID, token: UUID) -> QuerySet[Job]:
    """The job while it runs under this token and may become something."""
    return Job.objects.may_go_on().filter(
        pk=pk, state=JobState.RUNNING, lease_token=token, deadline_at__gt=Now()
    )


def _lease() -> Combinable:
    return Now() + timedelta(seconds=settings.LEASE_S)


def _after(tried: int) -> Combinable:
    """When to try again: each pause is twice the one before."""
    return Now() + timedelta(seconds=min(0.1 * 2**tried, LONGEST_PAUSE))


def _ready() -> Q:
    return Q(run_after=None) | Q(run_after__lte=Now())


def _expired() -> Q:
    return Q(state=JobState.RUNNING, lease_until__lt=Now())


def _late() -> Q:
    return Q(deadline_at__lt=Now()) & ~Q(state__in=ENDED)


def _waiting_in_vain() -> Q:
    return Q(state=JobState.QUEUED) & ~Q(pk__in=Job.objects.may_go_on())


def _stale() -> Q:
    old = Now() - timedelta(seconds=settings.REDISPATCH_S)
    unsent = Q(dispatched_at=None) | Q(dispatched_at__lt=old)
    return Q(state=JobState.QUEUED) & unsent & _ready()


def _first(jobs: QuerySet[Job], limit: int) -> list[UUID]:
    return list(jobs.order_by("pk").values_list("pk", flat=True)[:limit])


def _each(pk: UUID, still: Q, act: Callable[[Job], None]) -> None:
    """Act on a row that is `still` so once it is locked; one bad row does not stop the sweep."""
    skip = connection.features.has_select_for_update_skip_locked
    try:
        with transaction.atomic():
            _lock_leaves(pk)
            row = Job.objects.select_for_update(skip_locked=skip)
            if job := row.filter(still, pk=pk).first():
                act(job)
    except (IntegrityError, IllegalMove):
        log.exception("job %s cannot be swept", pk)


def _lock_leaves(pk: UUID) -> None:
    uses = CameoUse.objects.filter(job=pk).values("consent")
    list(Consent.objects.select_for_update().filter(pk__in=uses).order_by("pk"))


def _held(pk: UUID, token: UUID) -> Job | None:
    """The job's row, locked after its leaves, if it still runs under this token."""
    _lock_leaves(pk)
    running = Job.objects.filter(pk=pk, state=JobState.RUNNING, lease_token=token)
    return running.select_for_update().first()


def _requeue(job: Job, **changes: object) -> None:
    unheld = {"lease_token": None, "lease_until": None, "dispatched_at": None, "progress": 0.0}
    job.move(JobState.QUEUED, **unheld, **changes)


def _lose(job: Job) -> None:
    losses = job.losses + 1
    if losses < settings.MAX_LOSSES:
        _requeue(job, losses=losses, run_after=_after(losses))
    else:
        close(job, JobState.FAILED, "lost")

"""How long until a job is done, from how long jobs like it took; nothing where nothing is known."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import NamedTuple
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count
from django.utils.timezone import now

from generation.models import Job
from generation.states import JobState
from generation.turns import before

QUEUED, RUNNING = JobState.QUEUED, JobState.RUNNING
# what makes it long
LIKE = ("task", "tier", "model", "width", "height", "seconds", "still", "variants")
Kind = tuple[object, ...]
Ahead = list[tuple[Kind, int]]  # how many of each kind go before a job
LOOKED_AT, OF_EACH = 1_000, 20  # jobs that were done last, and of each kind
KEPT_S = 60


class Outlook(NamedTuple):
    """`position` is 1 for the job that a free worker takes next, None once it does not wait;
    `seconds` are those until it is probably done, None when it is over, late, or nobody can say."""

    position: int | None
    seconds: int | None


def outlook_of(jobs: Sequence[Job]) -> dict[UUID, Outlook]:
    """What is known of each; three queries however many they are, and none where all is over."""
    ahead = _ahead_of([job for job in jobs if job.state == QUEUED])
    usual = _usual_seconds() if any(job.state in (QUEUED, RUNNING) for job in jobs) else {}
    work = _work_of_each(usual) if ahead and usual else None
    return {job.pk: _outlook(job, ahead.get(job.pk, []), usual, work) for job in jobs}


def eta_seconds(job: Job) -> int | None:
    """Seconds until the job is probably done."""
    return outlook_of([job])[job.pk].seconds


def queue_position(job: Job) -> int | None:
    """1 for the job that a free worker takes next; None once it is not waiting."""
    return outlook_of([job])[job.pk].position


def _outlook(
    job: Job, ahead: Ahead, usual: Mapping[Kind, float], work: list[float] | None
) -> Outlook:
    position = sum(many for _, many in ahead) + 1 if job.state == QUEUED else None
    took = usual.get(_kind(job)) if job.state in (QUEUED, RUNNING) else None
    if took is None:
        return Outlook(position, None)
    if job.state == RUNNING:
        left = _left(took, job.started_at)
        return Outlook(None, None if left is None else math.ceil(left))
    wait = _wait(ahead, usual, work)
    return Outlook(position, None if wait is None else math.ceil(wait + took))


def _ahead_of(waiting: Sequence[Job]) -> dict[UUID, Ahead]:
    """What goes before each of them, by kind: one query."""
    if not waiting:
        return {}
    counts = {f"before_{n}": Count("pk", filter=before(job)) for n, job in enumerate(waiting)}
    last = max(waiting, key=lambda job: (job.turn, job.pk))
    kinds = list(Job.objects.filter(before(last)).values_list(*LIKE).annotate(**counts))
    return {
        job.pk: [(tuple(row[: len(LIKE)]), many) for row in kinds if (many := row[len(LIKE) + n])]
        for n, job in enumerate(waiting)
    }


def _wait(ahead: Ahead, usual: Mapping[Kind, float], work: list[float] | None) -> float | None:
    """Seconds until a worker takes it: what goes before it, shared among those seen at work."""
    waiting = [(usual.get(kind), many) for kind, many in ahead]
    if not work or any(each is None for each, _ in waiting):
        return None
    return (sum((each or 0.0) * many for each, many in waiting) + sum(work)) / len(work)


def _work_of_each(usual: Mapping[Kind, float]) -> list[float] | None:
    """Seconds that each worker seen at work has still to do; None when one is late or unknown."""
    running = Job.objects.filter(state=RUNNING, lease_until__gt=now())
    left = [_left(usual.get(_kind(one)), one.started_at) for one in running]
    return None if None in left else [each or 0.0 for each in left]


def _left(usual: float | None, began: datetime | None) -> float | None:
    """Of a job that runs; None once it takes longer than usual."""
    if usual is None or began is None:
        return None
    left = usual - (now() - began).total_seconds()
    return left if left > 0 else None


def _kind(job: Job) -> Kind:
    return tuple(getattr(job, name) for name in LIKE)


def _usual_seconds() -> dict[Kind, float]:
    """Seconds of a rendering by kind, looked up once a minute."""
    return cache.get_or_set("generation.pace", _measured, KEPT_S) or {}


def _measured() -> dict[Kind, float]:
    """The median of each kind's last."""
    done = Job.objects.filter(state=JobState.DONE, started_at__isnull=False)
    took = defaultdict[Kind, list[float]](list)
    for *kind, began, ended in done.order_by("-finished_at").values_list(
        *LIKE, "started_at", "finished_at"
    )[:LOOKED_AT]:
        took[tuple(kind)].append((ended - began).total_seconds())
    return {kind: median(of[:OF_EACH]) for kind, of in took.items()}

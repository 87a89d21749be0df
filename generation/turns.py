"""Whose turn it is: people share the workers by weight, however many jobs one of them has waiting.

Every job gets a turn when it is wished, and a free worker takes the job with the smallest. A turn
is the finish time of self-clocked fair queueing: it lies `cost / weight` behind the clock, or
behind the last of the same author that is not done. The clock is the turn at the head of the queue,
so that nothing has to be kept between jobs, and when all is done it begins anew.

What follows: while a job waits, nobody else is served more than their weight's share of what its
author had waiting up to and with it, and one job. A batch delays its own author only.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from generation import dispatch
from generation.models import Job
from generation.states import JobState
from sora_social.prepared import PreparedRow

IN_TURN = ("turn", "pk")  # of two with one turn the elder
AHEAD = 8  # jobs that a worker tries to claim before it looks again


def turn_after(last: float, cost: int, weight: float) -> float:
    """The turn of a job that is wished now, by somebody whose last open one has the turn `last`."""
    return max(_clock(), last) + cost / weight


def take() -> tuple[UUID, UUID] | None:
    """Claim the job whose turn it is: it and the token of its lease, or None when none waits."""
    while ahead := _ahead():
        for pk in ahead:
            if token := dispatch.claim(pk):
                return pk, token
    return None


def before(job: Job) -> Q:
    """Queued jobs that go before this one."""
    same = Q(turn=job.turn, pk__lt=job.pk)
    return Q(state=JobState.QUEUED) & (Q(turn__lt=job.turn) | same)


def _ahead() -> list[UUID]:
    return list(dispatch.free().order_by(*IN_TURN).values_list("pk", flat=True)[:AHEAD])


def _head() -> QuerySet[Any, Any]:
    queued = Job.objects.filter(state=JobState.QUEUED, attempt=0, losses=0)
    return queued.order_by(*IN_TURN).values_list("turn")[:1]


HEAD = PreparedRow(_head)


def _clock() -> float:
    """The turn at the head of the queue, else the last that runs. One that is tried again keeps the
    turn it had, which is long past, and moves no clock."""
    if head := HEAD.of():
        return float(head[0])
    running = Job.objects.filter(state=JobState.RUNNING)
    return running.aggregate(last=Max("turn"))["last"] or 0.0

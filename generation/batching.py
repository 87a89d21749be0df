"""Which queued jobs may share a forward with one that begins: text alone, and of one shape."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from generation import dispatch, lineup, turns
from generation.models import CameoUse, CharacterUse, Job, JobSource

SHAPE = ("width", "height", "seconds", "tier", "still", "model")  # equal in all who share
PLAIN = {  # what a job of text alone has
    "task": "",
    "loop": False,
    "variants": 1,
    "shots": [],
    "first_frame": "",
    "last_frame": "",
    "mask": "",
    "attempt": 0,  # whoever failed once, or was there when a child died, goes alone:
    "losses": 0,  # one bad job never takes others down twice
}
GIVEN = {"people": CameoUse, "characters": CharacterUse, "clips": JobSource}  # and what it lacks
WINDOW = 100  # queued jobs that are looked at
PAUSE = 0.02  # seconds between two looks while waiting for others


@dataclass(frozen=True)
class Waiting:
    """A job as the queue sees it; `shape` is None for one that goes alone."""

    pk: UUID
    author: int
    shape: tuple[object, ...] | None


def companions(job: Job) -> list[tuple[Job, UUID]]:
    """Other jobs to render with this one, claimed: each with the token of its lease."""
    if (seats := _seats(job.model)) < 2:
        return []
    leader = _waiting(Job.objects.filter(pk=job.pk))[0]
    if leader.shape is None:
        return []
    return _claimed(_chosen(leader, seats - 1))


def choose(leader: Waiting, queue: Sequence[Waiting], most: int) -> list[UUID]:
    """Who rides with the leader, of a queue in its order.

    First the first of each other person; then whoever is left, but nobody's second job goes ahead
    of a job of somebody else that stays behind.
    """
    fitting = [waiting for waiting in queue if waiting.shape == leader.shape]
    aboard, people = set[UUID](), {leader.author}
    for waiting in fitting:
        if len(aboard) < most and waiting.author not in people:
            aboard.add(waiting.pk)
            people.add(waiting.author)
    left_behind = set[int]()
    for waiting in queue:
        if waiting.pk in aboard:
            continue
        if waiting.shape == leader.shape and len(aboard) < most and left_behind <= {waiting.author}:
            aboard.add(waiting.pk)
        else:
            left_behind.add(waiting.author)
    return [waiting.pk for waiting in fitting if waiting.pk in aboard]


def _seats(model: str) -> int:
    """How many the model renders at once."""
    if not lineup.knows(model):
        return 0
    return min(settings.BATCH_AT_MOST, lineup.capabilities(model).together)


def _chosen(leader: Waiting, most: int) -> list[UUID]:
    """Those there are now, or after the window where one is set."""
    until = time.monotonic() + settings.BATCH_WINDOW_MS / 1000
    while True:
        chosen = choose(leader, _waiting(dispatch.free().order_by(*turns.IN_TURN)[:WINDOW]), most)
        if len(chosen) == most or time.monotonic() >= until:
            return chosen
        time.sleep(PAUSE)


def _waiting(jobs: QuerySet[Job]) -> list[Waiting]:
    given = {name: of._default_manager.filter(job=OuterRef("pk")) for name, of in GIVEN.items()}
    rows = jobs.annotate(**{name: Exists(rows) for name, rows in given.items()})
    return [
        Waiting(row["pk"], row["author_id"], _shape(row))
        for row in rows.values("pk", "author_id", *GIVEN, *SHAPE, *PLAIN)
    ]


def _shape(row: dict[str, object]) -> tuple[object, ...] | None:
    given = any(row[name] for name in GIVEN) or any(row[name] != PLAIN[name] for name in PLAIN)
    return None if given else tuple(row[name] for name in SHAPE)


def _claimed(pks: list[UUID]) -> list[tuple[Job, UUID]]:
    """Those that nobody else took in between."""
    tokens = {pk: token for pk in pks if (token := dispatch.claim(pk))}
    jobs = Job.objects.select_related("author").in_bulk(tokens)
    return [(jobs[pk], token) for pk, token in tokens.items() if pk in jobs]

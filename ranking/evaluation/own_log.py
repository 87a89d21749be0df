"""What our own log can answer for: nudges and explore slots, the two things decided by lot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from ranking.evaluation.offpolicy import Logged, fitted_means
from ranking.models import Creation, Made, ServedPage
from ranking.types import Arm, Slot

AFTER = timedelta(minutes=10)  # a nudge is thanked for what is wished for within these


@dataclass(frozen=True, slots=True)
class Question:
    """A policy that nobody tried, and the log that can say what it would have earned."""

    asked: str
    logged: Logged


def questions(since: datetime) -> Iterator[Question]:
    """Everything that the log since then can be asked; those without any decision are left out."""
    yield from _nudges(since)
    yield from _explored(since)


def _nudges(since: datetime) -> Iterator[Question]:
    """What comes of always nudging, and of never."""
    pages = ServedPage.objects.filter(at__gt=since, nudge_propensity__gt=0)
    rows = list(pages.values_list("viewer", "at", "nudge_arm", "nudge_propensity"))
    if not rows:
        return
    made_at = _made_at(since)
    unit = np.array([viewer for viewer, *_ in rows], np.int64)
    shown = np.array([arm != Arm.NONE for _, _, arm, _ in rows])
    reward = np.array([any(at < t <= at + AFTER for t in made_at.get(v, ())) for v, at, *_ in rows])
    chance = np.array([propensity for *_, propensity in rows], np.float64)
    means = fitted_means(reward.astype(np.float64), shown.astype(np.int64), 2, unit)
    for asked, arm in (("always nudge", 1), ("never nudge", 0)):
        taken = means[np.arange(len(unit)), shown.astype(np.int64)]
        yield Question(asked, Logged(
            reward.astype(np.float64), chance, (shown == bool(arm)).astype(np.float64),
            taken, means[:, arm], unit,
        ))  # fmt: skip


def _made_at(since: datetime) -> dict[int, list[datetime]]:
    """When each viewer wished for a video."""
    found: dict[int, list[datetime]] = {}
    for viewer, at in _made(since).filter(place=0).values_list("viewer", "at"):
        found.setdefault(viewer, []).append(at)
    return found


def _explored(since: datetime) -> Iterator[Question]:
    """What comes of exploring only what the model prefers, or only what it does not.

    Explored items are a uniform sample, so their own median parts the pool in two. Were either half
    alone eligible, each of its items would be drawn twice as often.
    """
    rows = list(_explore_slots(ServedPage.objects.filter(at__gt=since)))
    if not rows:
        return
    owed = _owed(since)
    unit = np.array([viewer for viewer, *_ in rows], np.int64)
    score = np.array([score for *_, score in rows], np.float64)
    chance = np.array([propensity for *_, propensity, _ in rows], np.float64)
    reward = np.array([owed.get((page, item), 0.0) for _, page, item, *_ in rows])
    upper = (score >= np.median(score)).astype(np.int64)
    means = fitted_means(reward, upper, 2, unit)
    for asked, half in (("explore what the model prefers", 1), ("explore what it does not", 0)):
        target = np.minimum(np.where(upper == half, 2 * chance, 0.0), 1.0)
        taken = means[np.arange(len(unit)), upper]
        yield Question(asked, Logged(reward, chance, target, taken, means[:, half], unit))


def _owed(since: datetime) -> dict[tuple[UUID | None, int | None], float]:
    """How much of what was made each impression inspired, at most 1."""
    found: dict[tuple[UUID | None, int | None], float] = {}
    rows = _made(since).filter(item__isnull=False).values_list("page", "item", "credit")
    for page, item, credit in rows:
        found[page, item] = min(found.get((page, item), 0.0) + credit, 1.0)
    return found


def _explore_slots(pages: QuerySet[ServedPage]) -> Iterator[tuple[int, UUID, int, float, float]]:
    """(viewer, page, item, propensity, score) of every place that was given by lot."""
    columns = ("viewer", "id", "slots", "items", "propensities", "scores")
    for viewer, page, slots, *places in pages.order_by("at").values_list(*columns).iterator():
        for slot, item, chance, score in zip(slots, *places, strict=True):
            if slot == Slot.EXPLORE:
                yield viewer, page, item, chance, score


def _made(since: datetime) -> QuerySet[Creation]:
    """Known from rows of ours: what clients say of composers they opened is not asked."""
    return Creation.objects.filter(at__gt=since, kind=Made.GENERATE)

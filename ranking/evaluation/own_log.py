"""What our own log can answer for: nudges and explore slots, the two things decided by lot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import QuerySet

from ranking.evaluation.offpolicy import Logged, fitted_means
from ranking.models import Engagement, EventKind, ServedPage
from ranking.types import Arm, Slot

CREATING = (EventKind.REMIX_OPEN, EventKind.CAMEO_OPEN, EventKind.PROMPT_OPEN)
AFTER = timedelta(minutes=10)  # a nudge is thanked for what is begun within these


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
    begun = _begun(since)
    unit = np.array([viewer for viewer, *_ in rows], np.int64)
    shown = np.array([arm != Arm.NONE for _, _, arm, _ in rows])
    reward = np.array([any(at < t <= at + AFTER for t in begun.get(v, ())) for v, at, *_ in rows])
    chance = np.array([propensity for *_, propensity in rows], np.float64)
    means = fitted_means(reward.astype(np.float64), shown.astype(np.int64), 2, unit)
    for asked, arm in (("always nudge", 1), ("never nudge", 0)):
        taken = means[np.arange(len(unit)), shown.astype(np.int64)]
        yield Question(asked, Logged(
            reward.astype(np.float64), chance, (shown == bool(arm)).astype(np.float64),
            taken, means[:, arm], unit,
        ))  # fmt: skip


def _begun(since: datetime) -> dict[int, list[datetime]]:
    """When each viewer opened a composer of any kind."""
    begun: dict[int, list[datetime]] = {}
    events = Engagement.objects.filter(at__gt=since, kind__in=CREATING)
    for viewer, at in events.values_list("viewer", "at"):
        begun.setdefault(viewer, []).append(at)
    return begun


def _explored(since: datetime) -> Iterator[Question]:
    """What comes of exploring only what the model prefers, or only what it does not.

    Explored items are a uniform sample, so their own median parts the pool in two. Were either half
    alone eligible, each of its items would be drawn twice as often.
    """
    rows = list(_explore_slots(ServedPage.objects.filter(at__gt=since)))
    if not rows:
        return
    opened = set(_events(since).values_list("page", "item"))
    unit = np.array([viewer for viewer, *_ in rows], np.int64)
    score = np.array([score for *_, score in rows], np.float64)
    chance = np.array([propensity for *_, propensity, _ in rows], np.float64)
    reward = np.array([float((page, item) in opened) for _, page, item, *_ in rows])
    upper = (score >= np.median(score)).astype(np.int64)
    means = fitted_means(reward, upper, 2, unit)
    for asked, half in (("explore what the model prefers", 1), ("explore what it does not", 0)):
        target = np.minimum(np.where(upper == half, 2 * chance, 0.0), 1.0)
        taken = means[np.arange(len(unit)), upper]
        yield Question(asked, Logged(reward, chance, target, taken, means[:, half], unit))


def _explore_slots(pages: QuerySet[ServedPage]) -> Iterator[tuple[int, object, int, float, float]]:
    """(viewer, page, item, propensity, score) of every place that was given by lot."""
    columns = ("viewer", "id", "slots", "items", "propensities", "scores")
    for viewer, page, slots, *places in pages.order_by("at").values_list(*columns).iterator():
        for slot, item, chance, score in zip(slots, *places, strict=True):
            if slot == Slot.EXPLORE:
                yield viewer, page, item, chance, score


def _events(since: datetime) -> QuerySet[Engagement]:
    return Engagement.objects.filter(at__gt=since, kind__in=CREATING, item__isnull=False)

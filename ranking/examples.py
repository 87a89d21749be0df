"""What the log teaches: the impressions that were looked at, and what came of each.

A page counts up to the furthest place its viewer is known to have reached. What somebody made is
known from rows of ours; a client only says what it alone can know, once for an item of a page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ranking.features import FEATURES, PLACE, unpacked
from ranking.inviting import outside_nudges
from ranking.models import Creation, Engagement, EventKind, Made, ServedPage
from ranking.network import HEADS
from ranking.training import Examples

SINCE, RIPE = timedelta(days=14), timedelta(hours=1)  # by then it is known what was kept
PAGES = 50_000  # the newest
OF_ONE = 1_000.0  # impressions that one viewer may weigh at most
SAID = {
    EventKind.SHARE: "share", EventKind.HIDE: "hide", EventKind.SEE_LESS: "hide",
    EventKind.REMIX_OPEN: "remix_open",
}  # fmt: skip
MADE = {
    Made.GENERATE: "create", Made.KEEP: "keep", Made.POST: "post", Made.CAMEO_USE: "cameo_use",
    Made.REMIX: "remix_open", Made.LIKE: "like", Made.REPORT: "report",
}  # fmt: skip
WATCH, WATCHED_S = HEADS.index("watch"), 5.0
Labels = NDArray[np.float32]


def examples(moment: datetime) -> Examples:
    """Everything ripe that the log holds, the oldest first."""
    ripe = ServedPage.objects.filter(at__gt=moment - SINCE, at__lte=moment - RIPE)
    ranked = outside_nudges(ripe).exclude(found=b"").order_by("-at")
    pages = list(ranked.values_list("id", "viewer", "at", "items", "found")[:PAGES])[::-1]
    came = _came_of([page for page, *_ in pages], moment)
    taught = [one for page in pages if (one := _taught(page, came[page[0]]))]
    return _joined(taught)


class _Came:
    """What came of one page."""

    def __init__(self) -> None:
        self.labels: defaultdict[tuple[int, int], float] = defaultdict(float)  # (place, head)
        self.watched: dict[int, float] = {}
        self.reached = -1

    def add(self, place: int, head: str | None, credit: float = 1.0) -> None:
        self.reached = max(self.reached, place)
        if head:
            at = place, HEADS.index(head)
            self.labels[at] = min(self.labels[at] + credit, 1.0)


def _came_of(pages: Sequence[UUID], moment: datetime) -> dict[UUID, _Came]:
    found = defaultdict[UUID, _Came](_Came)
    for start in range(0, len(pages), 1_000):
        some = pages[start : start + 1_000]
        said = Engagement.objects.filter(page__in=some, position__isnull=False)
        for page, place, kind, value in said.values_list("page", "position", "kind", "value"):
            _hear(found[page], place or 0, kind, value)
        made = outside_nudges(Creation.objects.filter(page__in=some, at__lte=moment))
        for by, place, kind, credit in made.values_list("page", "position", "kind", "credit"):
            if by is not None:
                found[by].add(place or 0, MADE[Made(kind)], credit)
    return found


def _hear(came: _Came, place: int, kind: str, value: float) -> None:
    """The same said twice is said once: a share is a share."""
    head = SAID.get(EventKind(kind)) if kind in EventKind.values else None
    if head and (place, HEADS.index(head)) in came.labels:
        head = None
    came.add(place, head)
    if kind == EventKind.VIEW:
        came.watched[place] = max(came.watched.get(place, 0.0), value)


def _taught(page: tuple[Any, ...], came: _Came) -> tuple[Any, ...] | None:
    """(features, labels, viewer, time) of what of a page was reached."""
    _, viewer, at, items, found = page
    known, count = unpacked(bytes(found), len(items)), came.reached + 1
    if known is None or not count:
        return None
    known[:, PLACE] = np.log1p(np.arange(len(items)))
    labels = np.zeros((len(items), len(HEADS)), np.float32)
    labels[:, WATCH] = np.nan
    for (place, head), credit in came.labels.items():
        labels[place, head] = credit
    for place, watched in came.watched.items():
        labels[place, WATCH] = watched >= WATCHED_S
    return known[:count], labels[:count], viewer, at.timestamp()


def _joined(taught: Sequence[tuple[Any, ...]]) -> Examples:
    if not taught:
        nothing = np.zeros((0, len(FEATURES)), np.float32), np.zeros((0, len(HEADS)), np.float32)
        return Examples(*nothing, np.zeros(0, np.float32), np.zeros(0))
    found, labels, viewers, moments = zip(*taught, strict=True)
    many = [len(part) for part in found]
    _, who, counts = np.unique(
        np.repeat(np.array(viewers), many), return_inverse=True, return_counts=True
    )
    weight = np.minimum(OF_ONE / counts, 1.0)[who]
    return Examples(
        np.concatenate(found), np.concatenate(labels),
        weight.astype(np.float32), np.repeat(np.array(moments), many),
    )  # fmt: skip

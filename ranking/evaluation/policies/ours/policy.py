"""The production ranker: its own store, sources, scores, slate and nudges, on its own log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np

from ranking import services
from ranking.evaluation.interface import (
    NOTHING,
    SIZE,
    Asks,
    Births,
    Ids,
    Log,
    Pages,
    People,
    Truth,
)
from ranking.evaluation.policies.memory import Memory
from ranking.evaluation.policies.ours.inviting import Inviting
from ranking.evaluation.policies.ours.learning import Lessons
from ranking.evaluation.policies.ours.production import BEGAN, Production, items_of
from ranking.pool import Ranking
from ranking.slate import slate
from ranking.sources import gather
from ranking.types import Candidates, Viewer

HEARD = 1e9  # so much feedback that an author needs none


@dataclass(frozen=True, slots=True)
class Parts:
    """What may be left out, to see what it is worth."""

    nudges: bool = True
    friend_slots: bool = True
    explore: bool = True
    author_need: bool = True
    caps: bool = True
    learned: bool = True


class Ours:
    """Everything that decides is production's; here is only what stands in for its database."""

    name = "ours"

    def __init__(self, parts: Parts | None = None) -> None:
        self.parts = parts or Parts()

    def begin(self, people: People, seed: int, truth: Truth) -> None:
        self.state = Production(Memory(people))
        self.lessons, self.chance, self.seed = Lessons(), Random(seed), seed
        self.rankings: dict[int, Ranking] = {}  # of sessions that go on
        self.inviting = Inviting(people.count, self.chance)
        self.found = np.zeros((0, SIZE, 0), np.float32)
        self.built, self.segments = -1.0, self.state.segments(0.0)

    def born(self, births: Births) -> None:
        self.state.born(births)

    def night(self, moment: float) -> None:
        self.state.forget()
        self.inviting.night()
        if self.parts.learned:
            self.lessons.night(moment)

    def pages(self, asks: Asks) -> Pages:
        self._refresh(asks)
        placed = [self._page(asks, row) for row in range(len(asks))]
        width = max((len(found[0]) for _, found in placed if len(found)), default=0)
        self.found = np.zeros((len(asks), SIZE, width), np.float32)
        item = np.full((len(asks), SIZE), NOTHING)
        for row, (items, found) in enumerate(placed):
            item[row, : len(items)] = items
            self.found[row, : len(items)] = found.reshape(len(items), width)
        nobody = np.zeros(len(asks), bool)
        nudged = self.inviting.draw(asks) if self.parts.nudges else nobody
        pages = Pages(item, nudged)
        self.state.served(asks, pages)
        return pages

    def told(self, asks: Asks, log: Log) -> None:
        self.lessons.told(asks, log, self.found)
        self.state.told(log)
        self.inviting.told(asks, log)

    def _refresh(self, asks: Asks) -> None:
        """A store is rebuilt every minute: here, whenever new sessions begin."""
        if (asks.number == 0).any() and asks.moment > self.built:
            self.segments = self.state.segments(asks.moment)
            self.built, self.rankings = asks.moment, {}

    def _page(self, asks: Asks, row: int) -> tuple[Ids, Any]:
        """The next page of a ranking that lasts as long as its session."""
        session, number = int(asks.session[row]), int(asks.number[row])
        ranking = self.rankings.get(session)
        if ranking is None:
            ranking = self._rank(int(asks.viewer[row]), asks.moment)
        if ranking is None or not len(ranking):
            return np.empty(0, np.int64), np.zeros((0, 0), np.float32)
        numbers = np.array([place.item for place in slate(ranking, SIZE, number)], np.int64)
        order = np.argsort(ranking.item)
        found = ranking.found[order[np.searchsorted(ranking.item, numbers, sorter=order)]]
        self.rankings[session] = ranking.without(numbers)
        return items_of(numbers), found

    def _rank(self, who: int, moment: float) -> Ranking | None:
        if not self.segments:
            return None
        viewer = self.state.viewer(who, moment)
        found = self._sift(viewer, gather(viewer, self.segments, BEGAN + moment))
        seed = self.chance.getrandbits(62)
        ranking = services.rank(viewer, found, BEGAN + moment, seed, self.lessons.learned)
        return self._without_parts(ranking)

    def _sift(self, viewer: Viewer, found: Candidates) -> Candidates:
        """What no policy may show; and an author in no need, where that is left out."""
        items = np.asarray(items_of(found.items.id))
        keep = self.state.memory.allowed(np.array([viewer.id]), items)[0]
        left = Candidates(found.items.take(keep), found.source[keep])
        if self.parts.author_need:
            return left
        heard = np.full(len(left), HEARD)
        return replace(left, items=replace(left.items, author_feedback=heard))

    def _without_parts(self, ranking: Ranking) -> Ranking:
        """Leave out what is to be left out: as if nothing were due, untried, or of one author."""
        nothing = np.zeros(len(ranking), bool)
        if not self.parts.friend_slots:
            ranking = ranking.but(due=nothing, friendly=nothing)
        if not self.parts.explore:
            ranking = ranking.but(explorable=nothing, floor=nothing)
        if not self.parts.caps:
            apart = np.arange(len(ranking))
            ranking = ranking.but(author=apart, root=apart, template=apart * 0)
        return ranking

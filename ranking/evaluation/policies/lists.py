"""Feeds without a model: by time, by whom one follows, by heat, by lot, by the truth."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ranking.evaluation.interface import Asks, Births, Ids, Log, Numbers, Pages, People, Truth
from ranking.evaluation.policies.memory import Memory, no_nudge


class Scored:
    """Shows what scores highest; what the score is, each list says."""

    name: ClassVar[str]

    def begin(self, people: People, seed: int, truth: Truth) -> None:
        self.memory, self.truth = Memory(people), truth
        self.chance = np.random.default_rng([seed, 11])

    def born(self, births: Births) -> None:
        self.memory.born(births)

    def pages(self, asks: Asks) -> Pages:
        items = self.memory.recent(asks.moment)
        score = self.score(asks, items)
        pages = no_nudge(self.memory.best(asks.viewer, items, score))
        self.memory.served(asks, pages)
        return pages

    def told(self, asks: Asks, log: Log) -> None:
        self.memory.told(log)

    def night(self, moment: float) -> None:
        """Lists learn nothing."""

    def score(self, asks: Asks, items: Ids) -> Numbers:
        """(m, n), or (n,) where every viewer has the same."""
        raise NotImplementedError


class Latest(Scored):
    name = "latest"

    def score(self, asks: Asks, items: Ids) -> Numbers:
        return np.broadcast_to(items.astype(float), (len(asks), len(items)))


class Following(Scored):
    """The newest of whom one follows, then the newest of all."""

    name = "following"

    def score(self, asks: Asks, items: Ids) -> Numbers:
        followed = self.memory.follows[asks.viewer][:, self.memory.items["author"][items]]
        return items + 1e5 * followed


class Hot(Scored):
    """Hacker News: votes over age to the power of 1.8; a vote is a like or a creation."""

    name = "hot"

    def score(self, asks: Asks, items: Ids) -> Numbers:
        of = self.memory.items
        votes = of["like"][items] + of["create"][items]
        hours = (asks.moment - of["at"][items]) / 3600
        return np.broadcast_to(votes / (hours + 2) ** 1.8, (len(asks), len(items)))


class Popularity(Scored):
    """What most was made of in three days."""

    name = "popularity"

    def score(self, asks: Asks, items: Ids) -> Numbers:
        made = self.memory.items["create"][items] + 1e-6 * items
        return np.broadcast_to(made, (len(asks), len(items)))


class ByLot(Scored):
    name = "random"

    def score(self, asks: Asks, items: Ids) -> Numbers:
        return self.chance.random((len(asks), len(items)))


class Oracle(Scored):
    """Knows what inspires whom; looks no further than the next item."""

    name = "oracle"

    def score(self, asks: Asks, items: Ids) -> Numbers:
        return self.truth(asks.viewer, items)

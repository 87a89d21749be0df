"""Feeds with a model, retrained every night on their own log: they differ in what they want."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ranking.evaluation.interface import (
    DEEDS,
    Asks,
    Ids,
    Log,
    Numbers,
    Pages,
    People,
    Truth,
)
from ranking.evaluation.policies.lists import Scored
from ranking.evaluation.policies.regression import Regression
from ranking.evaluation.policies.traits import TRAITS, Traits

LEAST, KEPT = 2_000, 60_000  # rows to learn from
TRIED = 0.02  # of the places go to anything, or nothing new would ever be learned


class Learned(Scored):
    """The sum of weight times chance; until the first night the newest first."""

    wants: ClassVar[dict[str, float]]

    def begin(self, people: People, seed: int, truth: Truth) -> None:
        super().begin(people, seed, truth)
        self.traits = Traits(self.memory)
        self.model = Regression(TRAITS, seed)
        self.found: list[tuple[np.ndarray, np.ndarray]] = []
        self.weights = np.array([self.wants.get(deed, 0.0) for deed in DEEDS])

    def score(self, asks: Asks, items: Ids) -> Numbers:
        newest = np.broadcast_to(items.astype(float), (len(asks), len(items)))
        if not self.model.step or not len(items):
            return newest
        found = self.traits.of(asks.viewer, items, asks.moment)
        chances = self.model(found.reshape(-1, TRAITS)).reshape(*found.shape[:2], len(DEEDS))
        worth = self.adjusted(asks, items, chances @ self.weights)
        lucky = self.chance.random(worth.shape) < TRIED * 20 / max(len(items), 20)
        return worth + 1e3 * lucky

    def adjusted(self, asks: Asks, items: Ids, worth: Numbers) -> Numbers:
        return worth

    def told(self, asks: Asks, log: Log) -> None:
        """Features are those of the moment of serving: what came of it must not leak in."""
        if len(log.item):
            found = self.traits.of(asks.viewer, np.unique(log.item), asks.moment)
            at = np.searchsorted(np.unique(log.item), log.item)
            self.found.append((found[log.asked, at], log.did))
        super().told(asks, log)
        self.traits.told(log)

    def night(self, moment: float) -> None:
        if sum(len(did) for _, did in self.found) >= LEAST:
            found, did = (np.concatenate(column) for column in zip(*self.found, strict=True))
            self.model.learn(found[-KEPT:], did[-KEPT:])
            self.found = [(found[-KEPT:], did[-KEPT:])]


class Watching(Learned):
    """Wants to be watched."""

    name = "watch"
    wants = {"watch": 1.0}


class Engagement(Learned):
    """Wants whatever people do with what they see, making included."""

    name = "engagement"
    wants = {"watch": 0.5, "like": 1.0, "share": 2.0, "remix_open": 2.0, "hide": -2.0}


class Twitter2023(Learned):
    """The published weights of 5 April 2023: a reply is a remix made, a good click its composer.

    Authors fade within a page by .75 * .5^n + .25, and who is not followed counts for .75.
    """

    name = "twitter-2023"
    wants = {
        "like": 0.5, "share": 1.0, "create": 13.5, "remix_open": 11.0, "watch": 0.005,
        "hide": -74.0, "report": -369.0,
    }  # fmt: skip
    AHEAD = 80  # of a ranking, from which diversity picks

    def adjusted(self, asks: Asks, items: Ids, worth: Numbers) -> Numbers:
        followed = self.memory.follows[asks.viewer][:, self.memory.items["author"][items]]
        return np.where(followed | (worth < 0), worth, 0.75 * worth)

    def pages(self, asks: Asks) -> Pages:
        items = self.memory.recent(asks.moment)
        score = self._diverse(items, np.array(self.score(asks, items)))
        item = self.memory.best(asks.viewer, items, score)
        pages = Pages(item, np.zeros(len(item), bool))
        self.memory.served(asks, pages)
        return pages

    def _diverse(self, items: Ids, score: Numbers) -> Numbers:
        """The n-th best of an author, among those ahead, fades by what was published."""
        ahead = np.argsort(-score, axis=1, kind="stable")[:, : self.AHEAD]
        author = self.memory.items["author"][items][ahead]
        earlier = np.tril(np.ones((ahead.shape[1],) * 2, bool), -1)
        nth = ((author[:, :, None] == author[:, None, :]) & earlier).sum(axis=2)
        best = np.take_along_axis(score, ahead, axis=1)
        faded = np.where(best > 0, best * (0.75 * 0.5**nth + 0.25), best)
        np.put_along_axis(score, ahead, faded, axis=1)
        return score

"""What any policy may remember: posts, what was shown to whom, and what came of it."""

from __future__ import annotations

import numpy as np

from ranking.evaluation.columns import Columns
from ranking.evaluation.interface import (
    DEEDS,
    DIMENSIONS,
    NOTHING,
    SIZE,
    Asks,
    Births,
    Flags,
    Ids,
    Log,
    Numbers,
    Pages,
    People,
)

DAY = 86_400.0
RECENT = 3 * DAY  # what stands for choice
COUNTED = (*DEEDS, "seen", "served")


class Memory:
    """The log in columns, counted as it comes in."""

    def __init__(self, people: People) -> None:
        n = people.count
        self.people = people
        self.follows = np.zeros((n, n), bool)
        self.follows[people.follows[:, 0], people.follows[:, 1]] = True
        self.friends = self.follows & self.follows.T
        self.items = Columns(
            at=(float,), author=(np.int64,), root=(np.int64,), depth=(np.int64,),
            template=(np.int64,), public=(bool,), vector=(np.float32, DIMENSIONS),
            **dict.fromkeys(COUNTED, (float,)),
        )  # fmt: skip
        self.cameos = np.empty((0, 2), np.int64)  # item, whose likeness
        self.gone = np.zeros((n, 4096), bool)  # shown to the viewer, or hidden by them
        self.hidden = np.zeros((n, 4096), bool)

    def born(self, births: Births) -> None:
        names = ("at", "author", "root", "depth", "template", "public", "vector")
        self.items.add(len(births), **{name: getattr(births, name) for name in names})
        self.cameos = np.concatenate([self.cameos, births.cameos])
        if len(self.items) > self.gone.shape[1]:
            self.gone = np.concatenate([self.gone, np.zeros_like(self.gone)], axis=1)
            self.hidden = np.concatenate([self.hidden, np.zeros_like(self.hidden)], axis=1)

    def told(self, log: Log) -> None:
        for deed, column in zip(DEEDS, log.did.T, strict=True):
            np.add.at(self.items[deed], log.item, column)
        np.add.at(self.items["seen"], log.item, 1.0)
        hides = log.did[:, DEEDS.index("hide")] > 0
        self.hidden[log.viewer[hides], log.item[hides]] = True

    def served(self, asks: Asks, pages: Pages) -> None:
        row, place = np.nonzero(pages.item != NOTHING)
        self.gone[asks.viewer[row], pages.item[row, place]] = True
        np.add.at(self.items["served"], pages.item[row, place], 1.0)

    def recent(self, moment: float, age: float = RECENT) -> Ids:
        """Items young enough to choose among: they are in the order of time."""
        return np.arange(np.searchsorted(self.items["at"], moment - age), len(self.items))

    def allowed(self, viewer: Ids, items: Ids) -> Flags:
        """(m, n): not one's own, not hidden, and open to one."""
        author = self.items["author"][items]
        reach = self.items["public"][items] | self.follows[viewer][:, author]
        mine = author == viewer[:, None]
        return np.asarray(reach & ~mine & ~self.hidden[viewer[:, None], items])

    def best(self, viewer: Ids, items: Ids, score: Numbers) -> Ids:
        """(m, SIZE) items of the highest scores: unseen ones first, never what is not allowed."""
        page = np.full((len(viewer), SIZE), NOTHING)
        if not len(items):
            return page
        score = score - 1e6 * self.gone[viewer[:, None], items]
        score = np.where(self.allowed(viewer, items), score, -np.inf)
        count = min(SIZE, len(items))
        top = np.argpartition(-score, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(score, top, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        values = np.take_along_axis(values, order, axis=1)
        top = np.take_along_axis(top, order, axis=1)
        page[:, :count] = np.where(np.isfinite(values), items[top], NOTHING)
        return page


def no_nudge(item: Ids) -> Pages:
    return Pages(item, np.zeros(len(item), bool))

"""What the baselines' models know of a viewer and an item: what ours knows too."""

from __future__ import annotations

import numpy as np

from ranking.evaluation.interface import DEEDS, NOTHING, Ids, Log, Numbers, Vectors
from ranking.evaluation.policies.memory import DAY, Memory
from ranking.evaluation.policies.profiles import Profiles, unit

RATED = ("create", "remix_open", "like", "hide", "watch")
TRAITS = 4 + 2 * len(RATED) + 10
SMOOTHING = 20.0


class Traits:
    """Numbers of viewers and items, kept up with the log."""

    def __init__(self, memory: Memory) -> None:
        n = memory.people.count
        self.memory = memory
        self.profiles = Profiles(memory)
        self.did, self.looked = np.zeros((n, 2)), np.zeros(n)  # create, like

    def told(self, log: Log) -> None:
        self.profiles.told(log)
        np.add.at(self.looked, log.viewer, 1.0)
        for column, deed in enumerate(("create", "like")):
            np.add.at(self.did[:, column], log.viewer, log.did[:, DEEDS.index(deed)])

    def of(self, viewer: Ids, items: Ids, moment: float) -> Vectors:
        """(m, n, TRAITS)"""
        shared = np.broadcast_to(self._items(items, moment), (len(viewer), len(items), 14))
        return np.concatenate([shared, self._pairs(viewer, items)], axis=2, dtype=np.float32)

    def _items(self, items: Ids, moment: float) -> Numbers:
        """(n, 14): the item's own and its author's rates, its age, its tree."""
        of, people = self.memory.items, self.memory.people.count
        author = of["author"][items]
        young = self.memory.recent(moment, DAY)
        posts = np.bincount(of["author"][young], minlength=people)[author]
        seen = np.bincount(of["author"], of["seen"], people)[author]
        columns = [
            (moment - of["at"][items]) / DAY, np.log1p(of["seen"][items]), of["depth"][items] > 0,
            np.log1p(posts),
        ]  # fmt: skip
        for deed in RATED:
            usual = of[deed].sum() / max(of["seen"].sum(), 1) + 1e-4
            theirs = np.bincount(of["author"], of[deed], people)[author]
            columns += [
                _rate(of[deed][items], of["seen"][items], usual),
                _rate(theirs, seen, usual),
            ]
        return np.stack(columns, axis=1)

    def _pairs(self, viewer: Ids, items: Ids) -> Numbers:
        """(m, n, 10)"""
        memory, m, n = self.memory, len(viewer), len(items)
        author = memory.items["author"][items]
        cast = self._cast()[items]
        vector = memory.items["vector"][items].T
        rates = (self.did[viewer] + 0.02 * SMOOTHING) / (self.looked[viewer, None] + SMOOTHING)
        friends = memory.friends[viewer]
        return np.stack(
            [
                friends[:, author], memory.follows[viewer][:, author], cast == viewer[:, None],
                friends[:, cast] & (cast != NOTHING), unit(self.profiles.made[viewer]) @ vector,
                unit(self.profiles.watched[viewer]) @ vector,
                *(np.broadcast_to(column[:, None], (m, n)) for column in np.log(rates).T),
                np.broadcast_to(np.log1p(self.looked[viewer])[:, None], (m, n)),
                np.broadcast_to(memory.items["public"][items], (m, n)),
            ],
            axis=2,
        )  # fmt: skip

    def _cast(self) -> Ids:
        cast = np.full(len(self.memory.items), NOTHING)
        cast[self.memory.cameos[:, 0]] = self.memory.cameos[:, 1]
        return cast


def _rate(count: Numbers, seen: Numbers, usual: float) -> Numbers:
    return np.asarray(np.log((count + SMOOTHING * usual) / (seen + SMOOTHING) / usual))

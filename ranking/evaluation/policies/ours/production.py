"""Simulated people and posts in the words of production: rows of the store, and viewers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from ranking.embedding import cluster_of, packed
from ranking.evaluation.interface import DEEDS, Asks, Births, Ids, Log, Numbers, Pages
from ranking.evaluation.policies.memory import DAY, Memory
from ranking.evaluation.policies.profiles import Profiles, unit
from ranking.sources import CAMEOS
from ranking.store import Segment
from ranking.types import Habits, Row, Rows, Viewer

BEGAN = 1_790_000_000.0  # the Unix time at which worlds begin
BITS = 22  # of a snowflake, below its milliseconds: here they hold the item's number
WINDOW, REMEMBERED = 14 * DAY, 7 * DAY
LATELY, MADE = 60, 10  # items that one was shown, and made something of
PAGES = 12  # of a day
LIKED = 0.3  # how much a like says of liking its author; a creation says 1
FADES = 0.5 ** (1 / 10)  # of habits, with each day


class Production:
    """The store's rows and the viewers' past, from what every policy is told."""

    def __init__(self, memory: Memory) -> None:
        self.memory, self.profiles = memory, Profiles(memory)
        self.vectors: list[bytes] = []
        self.shown: defaultdict[int, list[tuple[float, Ids]]] = defaultdict(list)
        self.made: defaultdict[int, list[int]] = defaultdict(list)
        n = memory.people.count
        self.creations, self.seen = np.zeros(n), np.zeros(n)
        self.felt: defaultdict[int, defaultdict[int, float]] = defaultdict(
            lambda: defaultdict(float)
        )

    def born(self, births: Births) -> None:
        self.memory.born(births)
        self.vectors += [packed(vector) for vector in births.vector]

    def served(self, asks: Asks, pages: Pages) -> None:
        self.memory.served(asks, pages)
        np.add.at(self.seen, asks.viewer, (pages.item >= 0).sum(axis=1))
        for viewer, items in zip(asks.viewer.tolist(), pages.item, strict=True):
            self.shown[viewer].append((asks.moment, items[items >= 0]))

    def told(self, log: Log) -> None:
        self.memory.told(log)
        self.profiles.told(log)
        made = log.did[:, DEEDS.index("create")] > 0
        np.add.at(self.creations, log.viewer, made)
        author = self.memory.items["author"][log.item]
        answered = made + LIKED * log.did[:, DEEDS.index("like")]
        for row in np.flatnonzero(answered).tolist():
            self.felt[int(log.viewer[row])][int(author[row])] += float(answered[row])
        for viewer, item in zip(log.viewer[made].tolist(), log.item[made].tolist(), strict=True):
            self.made[viewer] = [*self.made[viewer], item][-MADE:]

    def segments(self, moment: float) -> tuple[Segment, ...]:
        """What the store of a server would hold now."""
        recent = self.memory.recent(moment, WINDOW)
        if not len(recent):
            return ()
        cameos = self.memory.cameos[np.isin(self.memory.cameos[:, 0], recent)]
        pairs = zip(self.numbers(cameos[:, 0]).tolist(), cameos[:, 1].tolist(), strict=True)
        return (Segment(Rows(self._rows(recent), list(pairs)), BEGAN + moment),)

    def _rows(self, items: Ids) -> list[Row]:
        of = self.memory.items
        known: dict[str, Sequence[Any]] = {
            "id": self.numbers(items).tolist(),
            "author": of["author"][items].tolist(),
            "root": self.numbers(of["root"][items]).tolist(),
            "depth": of["depth"][items].tolist(),
            "likes": _whole(of["like"][items]),
            "comments": [0] * len(items),
            "remixes": _whole(of["keep"][items]),
            "impressions": _whole(of["served"][items]),
            "public": of["public"][items].tolist(),
            "template": of["template"][items].tolist(),
            "topics": [0] * len(items),
            "vector": self.vectors[items[0] : items[-1] + 1],
        }
        return list(map(Row, *(known[name] for name in Row._fields)))

    def forget(self) -> None:
        """What was long ago counts half after ten days."""
        self.creations *= FADES
        self.seen *= FADES

    def viewer(self, who: int, moment: float) -> Viewer:
        """Whom they follow, what they have seen, made and watched: as a server would know it."""
        memory, friends = self.memory, np.flatnonzero(self.memory.friends[who])
        recent = memory.recent(moment, REMEMBERED)
        made = np.array(self.made[who], np.int64)
        pages = self.shown[who]
        last = np.concatenate([i for _, i in pages[-3:]] or [made[:0]])[-LATELY:].astype(np.int64)
        known: dict[str, Any] = {
            "id": who, "friends": friends, "followed": np.flatnonzero(memory.follows[who]),
            "hidden": self.numbers(np.flatnonzero(memory.hidden[who, : len(memory.items)])),
            "seen": self.numbers(recent[memory.gone[who, recent]]),
            "cameo_items": self._with_cameo_of(np.array([who])),
            "friend_cameo_items": self._with_cameo_of(friends),
            "authors_shown": self._authors_shown(pages, moment),
            "create_profile": unit(self.profiles.made[who]).astype(np.float32),
            "watch_profile": unit(self.profiles.watched[who]).astype(np.float32),
            "habits": Habits(float(self.creations[who]), float(self.seen[who]), self.felt[who]),
            "templates": np.setdiff1d(memory.items["template"][made], [0]),
            "clusters": np.unique(cluster_of(memory.items["vector"][made])),
            "shown": cluster_of(memory.items["vector"][last]),
        }  # fmt: skip
        return Viewer(**{f.name: known[f.name] for f in fields(Viewer) if f.name in known})

    def _with_cameo_of(self, owners: Ids) -> Ids:
        """The newest items with a likeness of any of them."""
        item, owner = self.memory.cameos.T
        return self.numbers(item[np.isin(owner, owners)][-CAMEOS:])

    def _authors_shown(self, pages: list[tuple[float, Ids]], moment: float) -> dict[int, float]:
        """How much of each author was shown in a day: 1 for just now, 0 for a day ago."""
        shown: defaultdict[int, float] = defaultdict(float)
        for at, items in pages[-PAGES:]:
            for author in self.memory.items["author"][items].tolist():
                shown[author] += max(1 - (moment - at) / DAY, 0.0)
        return {author: amount for author, amount in shown.items() if amount > 0}

    def numbers(self, items: Ids) -> Ids:
        """Their ids in production: the order of time."""
        at = ((BEGAN + self.memory.items["at"][items]) * 1000).astype(np.int64)
        return (at << BITS) | items


def items_of(numbers: Ids) -> Ids:
    """Back from `Production.numbers`."""
    return np.asarray(numbers & ((1 << BITS) - 1), np.int64)


def _whole(counts: Numbers) -> list[int]:
    whole: list[int] = counts.astype(np.int64).tolist()
    return whole

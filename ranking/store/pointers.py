"""Positions grouped by key, and the small questions that sorted columns answer quickly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.types import Flags, Ids

Places = NDArray[np.int32]  # positions in a segment
Asked = dict[int, tuple[Ids, tuple[Places, Places]]]
MANY, REMEMBERED = 64, 1_000  # keys; askers


class Pointers:
    """Positions by key, oldest first within a key: a compressed sparse row matrix."""

    def __init__(self, keys: NDArray[Any], positions: NDArray[Any], at_least: int = 1) -> None:
        """Groups of fewer than `at_least` are left out: a tree of one leads nowhere."""
        order = np.lexsort((positions, keys))
        found, counts = np.unique(keys, return_counts=True)
        large = counts >= at_least
        self.keys = found[large]
        self.positions = np.asarray(positions, np.int32)[order[np.repeat(large, counts)]]
        self.starts = np.concatenate([[0], np.cumsum(counts[large])]).astype(np.int32)
        self._asked: Asked = {}

    @classmethod
    def of(cls, keys: NDArray[Any], starts: Places, positions: Places) -> Pointers:
        """The same from the columns of one that was made before."""
        made = cls.__new__(cls)
        made.keys, made.starts, made.positions, made._asked = keys, starts, positions, {}
        return made

    def columns(self) -> dict[str, NDArray[Any]]:
        return {"keys": self.keys, "starts": self.starts, "positions": self.positions}

    def newest(self, keys: Ids, each: int) -> Ids:
        """The newest `each` positions of every key, key by key. `keys` are sorted and unique."""
        starts, ends = self._ranges(keys)
        found = ends[:, None] - _back(each)  # (keys, each)
        chosen: Ids = self.positions[found[found >= starts[:, None]]].astype(np.int64)
        return chosen

    def _ranges(self, keys: Ids) -> tuple[Places, Places]:
        """Where the positions of the keys begin and end. Of the same many keys it is known: whom
        somebody follows is asked for with every page."""
        known = self._asked.get(id(keys))
        if known is not None and known[0] is keys:
            return known[1]
        at = self.keys.searchsorted(keys)
        at = at[among(keys, self.keys, at)]
        found = self.starts[at], self.starts[at + 1]
        if len(keys) >= MANY and len(self._asked) < REMEMBERED:
            self._asked[id(keys)] = (keys, found)  # holds the keys, so that their id stays theirs
        return found


def _back(each: int) -> Places:
    return np.arange(1, each + 1, dtype=np.int32)


def among(some: NDArray[Any], known: NDArray[Any], at: Ids | None = None) -> Flags:
    """Which of `some` stand in `known`, which is sorted: `np.isin` without sorting again."""
    if not len(known):
        return np.zeros(len(some), np.bool_)
    at = known.searchsorted(some) if at is None else at
    return np.asarray(known.take(at, mode="clip") == some)


def first_of(keys: NDArray[Any], each: int) -> Ids:
    """Indexes, in order, of the first `each` occurrences of every key."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    early = np.ones(len(keys), np.bool_)  # nobody stands `each` places before with the same key
    np.not_equal(ordered[each:], ordered[:-each], out=early[each:])
    return np.sort(order[early])


def top(score: NDArray[Any], count: int) -> Ids:
    """Positions of the largest scores above 0, the best first."""
    count = min(count, len(score))
    best = np.argpartition(score, -count)[-count:] if count else np.empty(0, np.int64)
    best = best[np.argsort(score[best])[::-1]]
    chosen: Ids = best[score[best] > 0]
    return chosen

"""Positions grouped by key, and the small questions that sorted columns answer quickly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.types import Flags, Ids

Places = NDArray[np.int32]  # positions in a segment


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

    @classmethod
    def of(cls, keys: NDArray[Any], starts: Places, positions: Places) -> Pointers:
        """The same from the columns of one that was made before."""
        made = cls.__new__(cls)
        made.keys, made.starts, made.positions = keys, starts, positions
        return made

    def columns(self) -> dict[str, NDArray[Any]]:
        return {"keys": self.keys, "starts": self.starts, "positions": self.positions}

    def newest(self, keys: Ids, each: int) -> Ids:
        """The newest `each` positions of every key, key by key. `keys` are sorted and unique."""
        if not len(self.keys):
            return np.empty(0, np.int64)
        at = self.keys.searchsorted(keys)
        at[at == len(self.keys)] = 0
        at = at[self.keys[at] == keys]
        found = self.starts[at + 1][:, None] - _back(each)  # (keys, each)
        chosen: Ids = self.positions[found[found >= self.starts[at][:, None]]].astype(np.int64)
        return chosen


def _back(each: int) -> Places:
    return np.arange(1, each + 1, dtype=np.int32)


def among(some: NDArray[Any], known: NDArray[Any]) -> Flags:
    """Which of `some` stand in `known`, which is sorted: `np.isin` without sorting again."""
    if not len(known):
        return np.zeros(len(some), np.bool_)
    at = known.searchsorted(some)
    at[at == len(known)] = 0
    return np.asarray(known[at] == some)


def first_of(keys: NDArray[Any], each: int) -> Ids:
    """Indexes, in order, of the first `each` occurrences of every key."""
    order = np.argsort(keys, kind="stable")
    _, starts = np.unique(keys[order], return_index=True)
    nth = np.arange(len(keys)) - np.repeat(starts, np.diff(np.append(starts, len(keys))))
    return np.sort(order[nth < each])


def top(score: NDArray[Any], count: int) -> Ids:
    """Positions of the largest scores above 0, the best first."""
    count = min(count, len(score))
    best = np.argpartition(score, -count)[-count:] if count else np.empty(0, np.int64)
    best = best[np.argsort(score[best])[::-1]]
    chosen: Ids = best[score[best] > 0]
    return chosen

"""What items have in common: who made them, the tree that they grew in, the words they were made
of. How often people made something of a group says something of an item that nobody has seen.

Groups of more than one stand first: they alone have pointers and rates, for one leads nowhere and
tells nothing that the item does not tell itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ranking.store.pointers import Places, Pointers
from ranking.types import Flags, Ids, Numbers

BASE_RATE = 0.02  # creations expected of an impression before anything is known
SMOOTHING = 40.0  # impressions' worth of belief in the usual rate
Rates = NDArray[np.float16]  # logarithms: 0 is the usual


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups by key, and of each item its place among them."""

    keys: Ids  # the shared ones in order, then those of one, then 0 for place -1
    place: Places  # (n,); -1: in none
    shared: int  # how many have more than one item

    @classmethod
    def of(cls, keys: Ids, inside: Flags) -> Self:
        """The groups of those items that are in one."""
        known, which, counts = np.unique(keys[inside], return_inverse=True, return_counts=True)
        order = np.argsort(counts < 2, kind="stable")
        place = np.full(len(keys), -1, np.int32)
        place[inside] = order.argsort()[which]
        return cls(np.append(known[order], 0), place, int(np.count_nonzero(counts >= 2)))

    def pointers(self) -> Pointers:
        """Into the shared ones."""
        at = np.flatnonzero((self.place >= 0) & (self.place < self.shared))
        return Pointers(self.keys[self.place[at]], at)

    def rates(self, made: NDArray[Any], impressions: NDArray[Any]) -> Rates:
        """(shared + 1,): of each shared group, and 0 for all other items."""
        where = np.where(self.place < 0, self.shared, self.place).clip(max=self.shared)
        found = rates(where, self.shared + 1, made, impressions)
        found[-1] = 0
        return found


def rates(which: NDArray[Any], count: int, made: NDArray[Any], impressions: NDArray[Any]) -> Rates:
    """(count,): what was made of the items of each group, over what would be usual."""
    seen = np.bincount(which, impressions, count)
    return over_usual(np.bincount(which, made, count), seen, BASE_RATE).astype(np.float16)


def over_usual(count: NDArray[Any], impressions: NDArray[Any], usual: float) -> Numbers:
    """Logarithm of the smoothed rate over the usual one: 0 for the untried."""
    smoothed = (count + SMOOTHING * usual) / (impressions + SMOOTHING)
    return np.asarray(np.log(smoothed / usual), np.float64)

"""The best of a ranking, one after the other: each pick makes what is like it worth less.

Maximal marginal relevance over the vectors of the items, within caps, from a short list of the
most valued; when the caps have emptied that list, the next one is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ranking.store import among
from ranking.types import Flags, Ids, Numbers, Ranking

NO_CAP = 10**9
DECAY, LEAST = 0.5, 0.25  # of an author's value with each post before it, within the day too
WORTH, LIKENESS = 0.75, 0.25  # what counts: its own worth, and how unlike the others it is
SAME = 0.95  # cosine of near-duplicates
WEARS = 0.5  # of the value of what one was shown nothing but of late
SHORT = 128  # of the short list


class Caps(NamedTuple):
    """How many of an author and of a tree a page may hold, and whether near-duplicates."""

    author: int
    tree: int
    repeats: bool


def picks(
    ranking: Ranking, allowed: Flags, placed: Sequence[int], caps: Caps, count: int
) -> list[int]:
    """At most `count` indexes of what is allowed, the best first, beside what is placed."""
    chosen: list[int] = []
    allowed = allowed.copy()
    while len(chosen) < count:
        short = _ShortList(ranking, allowed, [*placed, *chosen], caps)
        found = short.picks(count - len(chosen))
        if not found:
            break
        chosen += found
        allowed[found] = False
    return chosen


class _ShortList:
    """The most valued of what is allowed and fits beside what is placed."""

    def __init__(self, ranking: Ranking, allowed: Flags, placed: Sequence[int], caps: Caps) -> None:
        self.ranking, self.caps = ranking, caps
        self.authors = Counter(ranking.author[placed].tolist())
        self.trees = Counter(ranking.root[placed].tolist())
        worth = _worth(ranking)
        at = np.flatnonzero(allowed & self._fitting())
        self.at = at[np.argsort(-worth[at], kind="stable")[:SHORT]]
        self.author, self.tree = ranking.author[self.at], ranking.root[self.at]
        self.worth = worth[self.at]
        self.vector = ranking.vector[self.at].astype(np.float32)
        self.like = np.zeros(len(self.at), np.float32)
        self.open = np.ones(len(self.at), np.bool_)
        self.mark = WORTH * self.worth
        for index in placed:
            self._beside(index)

    def _fitting(self) -> Flags:
        full = _full(self.authors, self.caps.author), _full(self.trees, self.caps.tree)
        return ~among(self.ranking.author, full[0]) & ~among(self.ranking.root, full[1])

    def picks(self, count: int) -> list[int]:
        found: list[int] = []
        while len(found) < count and self.open.any():
            best = int(np.where(self.open, self.mark - LIKENESS * self.like, -np.inf).argmax())
            index = int(self.at[best])
            self.authors[int(self.author[best])] += 1
            self.trees[int(self.tree[best])] += 1
            self.open[best] = False
            self._beside(index)
            found.append(index)
        return found

    def _beside(self, index: int) -> None:
        """What the others are worth beside this one."""
        ranking = self.ranking
        author, tree = int(ranking.author[index]), int(ranking.root[index])
        like = self.vector @ ranking.vector[index].astype(np.float32)
        np.maximum(self.like, like, out=self.like)
        by_same = self.author == author
        self.mark[by_same] = WORTH * _faded(self.worth[by_same], self.authors[author])
        if self.authors[author] >= self.caps.author:
            self.open &= ~by_same
        if self.trees[tree] >= self.caps.tree:
            self.open &= self.tree != tree
        if not self.caps.repeats:
            self.open &= ~_repeats(ranking, index, self.at, like, by_same)


def _worth(ranking: Ranking) -> Numbers:
    """Value between -1 and 1, less what is worn out or by whom much was shown today."""
    largest = max(float(np.abs(ranking.value).max(initial=0)), 1e-12)
    value = ranking.value / largest * (1 - WEARS * ranking.worn)
    return np.where(value > 0, value * (DECAY**ranking.author_shown).clip(min=LEAST), value)


def _faded(worth: Numbers, before: int) -> Numbers:
    return np.where(worth > 0, worth * max(DECAY**before, LEAST), worth)


def _repeats(ranking: Ranking, index: int, at: Ids, like: np.ndarray, by_same: Flags) -> Flags:
    """Near-duplicates: as good as the same words, or the same prompt by the same author."""
    template = int(ranking.template[index])
    again = like > SAME
    return again | (by_same & (ranking.template[at] == template)) if template else again


def _full(counts: Counter[int], cap: int) -> Ids:
    return np.array(sorted(key for key, count in counts.items() if count >= cap), np.int64)

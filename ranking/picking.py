"""The best of a ranking, one after the other: each pick makes what is like it worth less.

Maximal marginal relevance over the vectors of the items, within caps, from a short list of the
most valued; when the caps have emptied that list, the next one is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ranking.types import DECAY, LEAST, Flags, Ids, Ranking

NO_CAP = 10**9
WORTH, LIKENESS = 0.75, 0.25  # what counts: its own worth, and how unlike the others it is
SAME = 0.95  # cosine of near-duplicates
SHORT = 96  # of the short list


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
        if not len(short.at):
            break
        chosen += short.picks(count - len(chosen))
        allowed[short.at] = False  # what is left of it stands beside something that is too like it
    return chosen


class _ShortList:
    """The most valued of what is allowed and fits beside what is placed."""

    def __init__(self, ranking: Ranking, allowed: Flags, placed: Sequence[int], caps: Caps) -> None:
        self.ranking, self.caps = ranking, caps
        self.authors = Counter(ranking.author[placed].tolist())
        self.trees = Counter(ranking.root[placed].tolist())
        worth = ranking.worth()
        at = np.flatnonzero(allowed & fitting(ranking, self.authors, self.trees, caps))
        if len(at) > SHORT:
            at = at[np.argpartition(worth[at], len(at) - SHORT)[len(at) - SHORT :]]
        self.at = at[np.argsort(-worth[at], kind="stable")]
        self.worth: list[float] = worth[self.at].tolist()
        self.by_author = _places(ranking.author[self.at])
        self.by_tree = _places(ranking.root[self.at])
        self.mark = WORTH * worth[self.at]  # -inf: may not be picked
        self._compare(placed)

    def _compare(self, placed: Sequence[int]) -> None:
        """With each other, (short, short), and with what is placed."""
        vector = self.ranking.vector[self.at].astype(np.float32)
        self.likeness = vector @ vector.T
        self.like = np.zeros(len(self.at), np.float32)
        beside = vector @ self.ranking.vector[placed].astype(np.float32).T  # (short, placed)
        for place, index in enumerate(placed):
            self._beside(index, beside[:, place])

    def picks(self, count: int) -> list[int]:
        found: list[int] = []
        while len(found) < count and len(self.at):
            best = int((self.mark - LIKENESS * self.like).argmax())
            if self.mark[best] == -np.inf:
                break
            index = int(self.at[best])
            self.authors[int(self.ranking.author[index])] += 1
            self.trees[int(self.ranking.root[index])] += 1
            self.mark[best] = -np.inf
            self._beside(index, self.likeness[best])
            found.append(index)
        return found

    def _beside(self, index: int, like: np.ndarray) -> None:
        """What the others are worth beside this one."""
        author, tree = int(self.ranking.author[index]), int(self.ranking.root[index])
        np.maximum(self.like, like, out=self.like)
        by_same, of_same = self.by_author.get(author, ()), self.by_tree.get(tree, ())
        fade = max(DECAY ** self.authors[author], LEAST)
        for place in by_same:
            if self.mark[place] > 0:
                self.mark[place] = WORTH * self.worth[place] * fade
        if self.authors[author] >= self.caps.author:
            self.mark[by_same,] = -np.inf
        if self.trees[tree] >= self.caps.tree:
            self.mark[of_same,] = -np.inf
        if not self.caps.repeats:
            self.mark[like > SAME] = -np.inf
            self.mark[self._variations(index, by_same),] = -np.inf

    def _variations(self, index: int, by_same: Sequence[int]) -> list[int]:
        """The same prompt by the same author."""
        if not by_same:
            return []
        template = int(self.ranking.template[index])
        same = self.ranking.template[self.at[list(by_same)]] == template if template else ()
        return [place for place, again in zip(by_same, same, strict=False) if again]


def fitting(ranking: Ranking, authors: Counter[int], trees: Counter[int], caps: Caps) -> Flags:
    """What stands neither by an author nor in a tree that the page has enough of."""
    fits = np.ones(len(ranking), np.bool_)
    for column, counts, cap in (
        (ranking.author, authors, caps.author), (ranking.root, trees, caps.tree),
    ):  # fmt: skip
        for key in [key for key, count in counts.items() if count >= cap]:
            fits &= column != key
    return fits


def _places(keys: Ids) -> dict[int, list[int]]:
    places: dict[int, list[int]] = {}
    for place, key in enumerate(keys.tolist()):
        places.setdefault(key, []).append(place)
    return places

"""The best of a ranking, one after the other: each pick makes what is like it worth less.

Maximal marginal relevance over the vectors of the items, within caps, from a short list of the
most valued; when the caps have emptied that list, the next one is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from ranking.pool import Ranking
from ranking.types import DECAY, LEAST, Flags, Ids, Numbers, Vectors

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
    ranking: Ranking, worth: Numbers, allowed: Flags, placed: Sequence[int], caps: Caps, count: int
) -> list[int]:
    """At most `count` indexes of what is allowed, the best first, beside what is placed."""
    chosen: list[int] = []
    while len(chosen) < count and allowed.any():
        short = _ShortList(ranking, worth, allowed, [*placed, *chosen], caps)
        if not len(short.at):
            break
        chosen += short.picks(count - len(chosen))
        allowed = allowed.copy()
        allowed[short.at] = False  # what is left of it stands beside something that is too like it
    return chosen


class _ShortList:
    """The most valued of what is allowed and fits beside what is placed."""

    def __init__(
        self, ranking: Ranking, worth: Numbers, allowed: Flags, placed: Sequence[int], caps: Caps
    ) -> None:
        self.caps = caps
        beside = _Columns.of(ranking, placed)
        self.authors, self.trees = Counter(beside.author), Counter(beside.tree)
        at = np.flatnonzero(allowed & fitting(ranking, self.authors, self.trees, caps))
        if len(at) > SHORT:
            at = at[np.argpartition(worth[at], len(at) - SHORT)[len(at) - SHORT :]]
        self.at = at[np.argsort(-worth[at], kind="stable")]
        if len(at):
            self._lay(_Columns.of(ranking, self.at), worth[self.at])
            self._compare(beside)

    def _lay(self, columns: _Columns, worth: Numbers) -> None:
        self.columns = columns
        self.worth: list[float] = worth.tolist()
        self.by_author, self.by_tree = _places(columns.author), _places(columns.tree)
        self.mark = WORTH * worth  # -inf: may not be picked

    def _compare(self, placed: _Columns) -> None:
        """With each other, (short, short), and with what is placed."""
        vector = self.columns.vector
        self.likeness = LIKENESS * (vector @ vector.T)
        self.same = self.likeness > LIKENESS * SAME
        self.like = np.zeros(len(vector), np.float32)
        if placed.author:
            beside = LIKENESS * (vector @ placed.vector.T)  # (short, placed)
            np.maximum(beside.max(axis=1), 0, out=self.like)
            self._stand(beside > LIKENESS * SAME, placed)

    def _stand(self, same: Flags, placed: _Columns) -> None:
        """Beside all that is placed."""
        if not self.caps.repeats:
            self.mark[same.any(axis=1)] = -np.inf
        for words in zip(placed.author, placed.tree, placed.template, strict=True):
            self._beside(*words)

    def picks(self, count: int) -> list[int]:
        found: list[int] = []
        while len(found) < count:
            best = int((self.mark - self.like).argmax())
            if self.mark[best] == -np.inf:
                break
            self._pick(best)
            found.append(best)
        picked: list[int] = self.at[found].tolist()
        return picked

    def _pick(self, best: int) -> None:
        author, tree = self.columns.author[best], self.columns.tree[best]
        self.authors[author] += 1
        self.trees[tree] += 1
        self.mark[best] = -np.inf
        np.maximum(self.like, self.likeness[best], out=self.like)
        if not self.caps.repeats:
            self.mark[self.same[best]] = -np.inf
        self._beside(author, tree, self.columns.template[best])

    def _beside(self, author: int, tree: int, template: int) -> None:
        """What the others are worth beside one of these."""
        if by_same := self.by_author.get(author):
            self._fade(by_same, self.authors[author])
        if self.trees[tree] >= self.caps.tree:
            self._bar(self.by_tree.get(tree, ()))
        if by_same and template and not self.caps.repeats:  # the same prompt by the same author
            templates = self.columns.template
            self._bar([place for place in by_same if templates[place] == template])

    def _fade(self, places: Sequence[int], times: int) -> None:
        """Of an author who stands on the page so many times."""
        fade = max(DECAY**times, LEAST)
        for place in places:
            if self.mark[place] > 0:
                self.mark[place] = WORTH * self.worth[place] * fade
        if times >= self.caps.author:
            self._bar(places)

    def _bar(self, places: Sequence[int]) -> None:
        for place in places:
            self.mark[place] = -np.inf


class _Columns(NamedTuple):
    """What is compared of some items."""

    author: list[int]
    tree: list[int]
    template: list[int]
    vector: Vectors

    @classmethod
    def of(cls, ranking: Ranking, at: Sequence[int] | Ids) -> Self:
        at = np.asarray(at, np.int64)
        author, tree, template = (
            column.take(at).tolist() for column in (ranking.author, ranking.root, ranking.template)
        )
        return cls(author, tree, template, ranking.vector.take(at, axis=0).astype(np.float32))


def fitting(ranking: Ranking, authors: Counter[int], trees: Counter[int], caps: Caps) -> Flags:
    """What stands neither by an author nor in a tree that the page has enough of."""
    fits = np.ones(len(ranking), np.bool_)
    for column, counts, cap in (
        (ranking.author, authors, caps.author), (ranking.root, trees, caps.tree),
    ):  # fmt: skip
        for key in [key for key, count in counts.items() if count >= cap]:
            fits &= column != key
    return fits


def _places(keys: list[int]) -> dict[int, list[int]]:
    places: dict[int, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return places

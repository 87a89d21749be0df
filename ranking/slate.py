"""One page from what is left of a ranking: guarantees first, then the best within the caps.

Places count from 0. Friends' new posts have the places of ORDER, the explore slot is 8, and the
rest goes to the highest value. Caps relax rather than shorten a page.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.random import Generator, default_rng

from ranking.belief import top_terms
from ranking.registry import REGISTRY
from ranking.store import first_of
from ranking.types import SOURCES, Flags, Ids, Placed, Ranking, Slot

ORDER = (1, 6, 11, 16, 3, 13, 18, 9)
USUAL_FRIENDS = 4
EXPLORE = 8
FRIENDS_SHARE = 0.4
PER_AUTHOR, PER_TREE = 2, 2
DECAY, LEAST = 0.5, 0.25  # of an author's value with each post before it
NO_CAP = 10**9


def slate(ranking: Ranking, size: int, number: int = 0) -> list[Placed]:
    """Page `number` (from 0) of at most `size` places. The same question has the same answer."""
    return _Page(ranking, size, default_rng([ranking.seed, number])).compose(opening=number > 0)


class _Page:
    """A page being composed: which index of the ranking has which place, and what is counted."""

    def __init__(self, ranking: Ranking, size: int, chance: Generator) -> None:
        self.ranking, self.size, self.chance = ranking, min(size, len(ranking)), chance
        self.places: dict[int, tuple[int, Slot, float]] = {}
        self.free = np.ones(len(ranking), np.bool_)
        self.authors: Counter[int] = Counter()
        self.trees: Counter[int] = Counter()

    def compose(self, opening: bool) -> list[Placed]:
        waiting = self._friends(opening)
        self._explore()
        self._fill(waiting)
        decided = [self.places[place] for place in sorted(self.places)]
        found = self.ranking.found[[index for index, _, _ in decided]]
        terms = top_terms(found, REGISTRY.named(self.ranking.policy))
        return [self._placed(*place) for place in zip(decided, terms, strict=True)]

    def _friends(self, opening: bool) -> list[int]:
        """Give due posts their places, up to 40 % of the page; answers those that must wait."""
        due = _one_each_then_oldest(self.ranking)
        usual_places = [place for place in ORDER if place < self.size] or [0]
        places = list(range(self.size)) if opening and due else usual_places
        now = due[: min(int(FRIENDS_SHARE * self.size) or 1, len(places))]
        self._seat(places, now)
        left = [place for place in usual_places if place not in self.places]
        self._seat(left, self._usual(USUAL_FRIENDS - len(now)))
        return due[len(now) :]

    def _seat(self, places: list[int], indexes: list[int]) -> None:
        """The first of these places to these indexes, the most valued in front."""
        by_value = sorted(indexes, key=lambda i: -self.ranking.value[i])
        for place, index in zip(sorted(places[: len(indexes)]), by_value, strict=False):
            self._put(place, index, Slot.FRIEND)

    def _usual(self, count: int) -> list[int]:
        """The best friends' posts of three days, for the friends' places that nobody is due."""
        young = np.flatnonzero(self.ranking.friendly & ~self.ranking.due)
        best = young[np.argsort(-self.ranking.value[young], kind="stable")]
        best = best[first_of(self.ranking.author[best], 1)]
        fitting = [i for i in best.tolist() if self._fits(i, PER_AUTHOR, PER_TREE)]
        return fitting[: max(count, 0)]

    def _explore(self) -> None:
        """One uniform draw among the untried; each had the same, logged chance."""
        wanted = self.ranking.explorable & self.free & ~self.ranking.seen & ~self.ranking.due
        open_ = [i for i in np.flatnonzero(wanted).tolist() if self._fits(i, PER_AUTHOR, PER_TREE)]
        if open_ and self.size > EXPLORE and EXPLORE not in self.places:
            drawn = open_[int(self.chance.integers(len(open_)))]
            self._put(EXPLORE, drawn, Slot.EXPLORE, 1 / len(open_))

    def _fill(self, waiting: list[int]) -> None:
        """The best within the caps; when those run out friends' posts, looser caps, the seen."""
        ranking = self.ranking
        fresh, held = ~ranking.seen, np.zeros(len(ranking), np.bool_)
        held[waiting] = True
        self._greedy(fresh & ~held, PER_AUTHOR, PER_TREE)
        self._put_all(waiting, Slot.FRIEND)
        for allowed in (fresh, ranking.seen):
            for per_author, per_tree in ((PER_AUTHOR, PER_TREE), (PER_AUTHOR, NO_CAP)):
                self._greedy(allowed, per_author, per_tree)
            self._greedy(allowed, NO_CAP, NO_CAP)

    def _greedy(self, allowed: Flags, per_author: int, per_tree: int) -> None:
        """Fill empty places with the best of `allowed`, each author fading with each post."""
        if len(self.places) >= self.size:
            return
        empty = self._empty()
        for index in self._best_first(np.flatnonzero(allowed & self.free), per_author, per_tree):
            self._put(next(empty), index, Slot.GREEDY)
            if len(self.places) >= self.size:
                return

    def _best_first(self, indexes: Ids, per_author: int, per_tree: int) -> Iterator[int]:
        """Lazily greedy: a value that faded since it was queued goes back into the queue."""
        heap = [(-self._faded(i), i) for i in indexes.tolist()]
        heapq.heapify(heap)
        while heap:
            queued, index = heapq.heappop(heap)
            if not self._fits(index, per_author, per_tree):
                continue
            if -queued > (now := self._faded(index)):
                heapq.heappush(heap, (-now, index))
            else:
                yield index

    def _faded(self, index: int) -> float:
        author, value = int(self.ranking.author[index]), float(self.ranking.value[index])
        before = self.authors[author] + self.ranking.authors_shown.get(author, 0.0)
        return value * max(DECAY**before, LEAST) if value > 0 else value

    def _fits(self, index: int, per_author: int, per_tree: int) -> bool:
        return (
            self.authors[int(self.ranking.author[index])] < per_author
            and self.trees[int(self.ranking.root[index])] < per_tree
        )

    def _empty(self) -> Iterator[int]:
        return (place for place in range(self.size) if place not in self.places)

    def _put_all(self, indexes: Iterable[int], slot: Slot) -> None:
        for place, index in zip(list(self._empty()), indexes, strict=False):
            self._put(place, index, slot)

    def _put(self, place: int, index: int, slot: Slot, propensity: float = 1.0) -> None:
        self.places[place] = (index, slot, propensity)
        self.free[index] = False
        self.authors[int(self.ranking.author[index])] += 1
        self.trees[int(self.ranking.root[index])] += 1

    def _placed(self, decided: tuple[int, Slot, float], terms: list[tuple[str, float]]) -> Placed:
        index, slot, propensity = decided
        ranking = self.ranking
        return Placed(
            int(ranking.item[index]), int(ranking.author[index]),
            SOURCES[int(ranking.source[index])], slot, round(propensity, 6),
            round(float(ranking.value[index]), 6), terms,
        )  # fmt: skip


def _one_each_then_oldest(ranking: Ranking) -> list[int]:
    """Indexes of due posts: every friend's first, then the oldest of the rest."""
    due = np.flatnonzero(ranking.due)
    nth: Counter[int] = Counter()
    order = []
    for index in due[np.argsort(ranking.item[due])].tolist():
        author = int(ranking.author[index])
        order.append((min(nth[author], 1), int(ranking.item[index]), index))
        nth[author] += 1
    return [index for _, _, index in sorted(order)]

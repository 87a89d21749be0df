"""One page from what is left of a ranking: guarantees first, then the best within the caps.

Places count from 0. Friends' new posts have the places of ORDER, one place goes to an untried
post by lot, one to a post without its first impressions, some to what the viewer asked for, and
the rest to the highest value that is not like what stands there already. Caps relax rather than
shorten a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.random import Generator, default_rng

from ranking.belief import top_terms
from ranking.picking import NO_CAP, Caps, fitting, picks
from ranking.pool import Ranking
from ranking.registry import REGISTRY
from ranking.store import first_of
from ranking.types import SOURCES, Flags, Placed, Slot

ORDER = (1, 6, 11, 16, 3, 13, 18, 9)
USUAL_FRIENDS = 4
EXPLORE, FLOOR = 8, 14  # a tenth of twenty places
LARGE = 20  # a smaller page has no place for the floor
STEERED, STEER_SHARE = (0, 5, 10, 15, 2, 17), 0.3
FRIENDS_SHARE = 0.4
STRICT = Caps(author=2, tree=2, repeats=False)
RELAXED = (STRICT, Caps(2, 2, True), Caps(2, NO_CAP, True), Caps(NO_CAP, NO_CAP, True))


def slate(ranking: Ranking, size: int, number: int = 0) -> list[Placed]:
    """Page `number` (from 0) of at most `size` places. The same question has the same answer."""
    return _Page(ranking, size, number).compose()


class _Page:
    """A page being composed: which index of the ranking has which place, and what is counted."""

    def __init__(self, ranking: Ranking, size: int, number: int) -> None:
        self.ranking, self.size, self.number = ranking, min(size, len(ranking)), number
        self.author, self.tree, self.seen = ranking.author, ranking.root, ranking.seen
        self.worth = ranking.worth()
        self.places: dict[int, tuple[int, Slot, float]] = {}
        self.free = np.ones(len(ranking), np.bool_)
        self.authors: Counter[int] = Counter()
        self.trees: Counter[int] = Counter()

    @cached_property
    def chance(self) -> Generator:
        return default_rng([self.ranking.seed, self.number])

    def compose(self) -> list[Placed]:
        waiting = self._friends(opening=self.number > 0)
        self._explore()
        self._floor()
        self._fill(waiting)
        decided = [self.places[place] for place in sorted(self.places)]
        at = [index for index, _, _ in decided]
        return _placed(self.ranking, at, [(slot, chance) for _, slot, chance in decided])

    # --- guarantees ------------------------------------------------------------------------------

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
        if count <= 0:
            return []
        young = np.flatnonzero(self.ranking.friendly & ~self.ranking.due)
        if not len(young):
            return []
        best = young[np.argsort(-self.ranking.value[young], kind="stable")]
        best = best[first_of(self.author[best], 1)]
        return [i for i in best.tolist() if self._fits(i)][:count]

    def _explore(self) -> None:
        """One uniform draw among the untried; each had the same, logged chance."""
        wanted = self.ranking.explorable & self.free & ~self.seen & ~self.ranking.due
        if self.size > EXPLORE:
            self._draw(EXPLORE, wanted, Slot.EXPLORE)

    def _floor(self) -> None:
        """One draw among the new posts that concern the viewer most."""
        fresh = self.free & ~self.seen
        if self.size < LARGE or np.count_nonzero(fresh) < self.size:
            return
        need = np.where(fresh & ~self.ranking.due, self.ranking.floor, 0)
        if most := need.max():
            self._draw(FLOOR, need == most, Slot.FLOOR)

    def _draw(self, place: int, wanted: Flags, slot: Slot) -> None:
        if place in self.places or not wanted.any():
            return
        fits = fitting(self.ranking, self.authors, self.trees, STRICT)
        open_ = np.flatnonzero(wanted & fits)
        if len(open_):
            drawn = int(open_[self.chance.integers(len(open_))])
            self._put(place, drawn, slot, 1 / len(open_))

    # --- the rest --------------------------------------------------------------------------------

    def _fill(self, waiting: list[int]) -> None:
        """The best within the caps; when those run out friends' posts, looser caps, the seen."""
        fresh = ~self.seen
        first = fresh.copy()
        first[waiting] = False
        if wished := self._wished():
            self._greedy(first & self.ranking.steered, STRICT, Slot.STEERED, wished)
        for caps in RELAXED[:2]:
            self._greedy(first, caps)
        self._put_all(waiting, Slot.FRIEND)
        for allowed in (fresh, self.seen):
            for caps in RELAXED[1:]:
                self._greedy(allowed, caps)

    def _wished(self) -> list[int]:
        """The places that are left to what the viewer asked for."""
        if not self.ranking.steered.any():
            return []
        at = [index for index, _, _ in self.places.values()]
        count = (int(STEER_SHARE * self.size) or 1) - int(self.ranking.steered[at].sum())
        return [p for p in STEERED if p < self.size and p not in self.places][: max(count, 0)]

    def _greedy(
        self, allowed: Flags, caps: Caps, slot: Slot = Slot.GREEDY,
        places: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        """Fill empty places with the best of `allowed`."""
        empty = list(self._empty()) if places is None else sorted(places)
        open_ = allowed & self.free if empty else self.free[:0]
        if not open_.any():
            return
        placed = [index for index, _, _ in self.places.values()]
        chosen = picks(self.ranking, self.worth, open_, placed, caps, len(empty))
        for place, index in zip(empty, chosen, strict=False):
            self._put(place, index, slot)

    def _fits(self, index: int) -> bool:
        return (
            self.authors[int(self.author[index])] < STRICT.author
            and self.trees[int(self.tree[index])] < STRICT.tree
        )

    def _empty(self) -> Iterator[int]:
        return (place for place in range(self.size) if place not in self.places)

    def _put_all(self, indexes: Iterable[int], slot: Slot) -> None:
        for place, index in zip(list(self._empty()), indexes, strict=False):
            self._put(place, index, slot)

    def _put(self, place: int, index: int, slot: Slot, propensity: float = 1.0) -> None:
        self.places[place] = (index, slot, propensity)
        self.free[index] = False
        self.authors[int(self.author[index])] += 1
        self.trees[int(self.tree[index])] += 1


def _placed(
    ranking: Ranking, at: Sequence[int], drawn: Sequence[tuple[Slot, float]]
) -> list[Placed]:
    """The items at these places, each with its slot and propensity, and all that is logged."""
    terms = top_terms(ranking.found[at], REGISTRY.named(ranking.policy))
    columns = (ranking.item, ranking.author, ranking.source, ranking.value)
    item, author, source, value = (column[at].tolist() for column in columns)
    return [
        Placed(
            item[n], author[n], SOURCES[source[n]], slot, round(propensity, 6), round(value[n], 6),
            terms[n],
        )
        for n, (slot, propensity) in enumerate(drawn)
    ]  # fmt: skip


def _one_each_then_oldest(ranking: Ranking) -> list[int]:
    """Indexes of due posts: every friend's first, then the oldest of the rest."""
    due = np.flatnonzero(ranking.due)
    if not len(due):
        return []
    nth: Counter[int] = Counter()
    order = []
    for index in due[np.argsort(ranking.item[due])].tolist():
        author = int(ranking.author[index])
        order.append((min(nth[author], 1), int(ranking.item[index]), index))
        nth[author] += 1
    return [index for _, _, index in sorted(order)]

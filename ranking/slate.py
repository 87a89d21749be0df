"""One page from what is left of a ranking: guarantees first, then the best within the caps.

Places count from 0. Friends' new posts have the places of ORDER, one place goes to an untried
post by lot, one to a post without its first impressions, some to what the viewer asked for, and
the rest to the highest value that is not like what stands there already. Caps relax rather than
shorten a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.random import Generator, default_rng

from ranking.belief import top_terms
from ranking.picking import NO_CAP, Caps, fitting, picks
from ranking.registry import REGISTRY
from ranking.store import first_of
from ranking.types import SOURCES, Flags, Placed, Ranking, Slot

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
        self._floor()
        self._fill(waiting)
        decided = [self.places[place] for place in sorted(self.places)]
        found = self.ranking.found[[index for index, _, _ in decided]]
        terms = top_terms(found, REGISTRY.named(self.ranking.policy))
        return [self._placed(*place) for place in zip(decided, terms, strict=True)]

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
        best = young[np.argsort(-self.ranking.value[young], kind="stable")]
        best = best[first_of(self.ranking.author[best], 1)]
        return [i for i in best.tolist() if self._fits(i)][:count]

    def _explore(self) -> None:
        """One uniform draw among the untried; each had the same, logged chance."""
        wanted = self.ranking.explorable & self.free & ~self.ranking.seen & ~self.ranking.due
        if self.size > EXPLORE:
            self._draw(EXPLORE, wanted, Slot.EXPLORE)

    def _floor(self) -> None:
        """One draw among the new posts that concern the viewer most."""
        fresh = self.free & ~self.ranking.seen
        need = np.where(fresh & ~self.ranking.due, self.ranking.floor, 0)
        if self.size >= LARGE and need.any() and np.count_nonzero(fresh) >= self.size:
            self._draw(FLOOR, need == need.max(), Slot.FLOOR)

    def _draw(self, place: int, wanted: Flags, slot: Slot) -> None:
        fits = fitting(self.ranking, self.authors, self.trees, STRICT)
        open_ = np.flatnonzero(wanted & fits)
        if len(open_) and place not in self.places:
            drawn = int(open_[self.chance.integers(len(open_))])
            self._put(place, drawn, slot, 1 / len(open_))

    # --- the rest --------------------------------------------------------------------------------

    def _fill(self, waiting: list[int]) -> None:
        """The best within the caps; when those run out friends' posts, looser caps, the seen."""
        ranking = self.ranking
        fresh, held = ~ranking.seen, np.zeros(len(ranking), np.bool_)
        held[waiting] = True
        self._greedy(fresh & ~held & ranking.steered, STRICT, Slot.STEERED, self._wished())
        for caps in RELAXED[:2]:
            self._greedy(fresh & ~held, caps)
        self._put_all(waiting, Slot.FRIEND)
        for allowed in (fresh, ranking.seen):
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
        placed = [index for index, _, _ in self.places.values()]
        chosen = picks(self.ranking, allowed & self.free, placed, caps, len(empty)) if empty else []
        for place, index in zip(empty, chosen, strict=False):
            self._put(place, index, slot)

    def _fits(self, index: int) -> bool:
        return (
            self.authors[int(self.ranking.author[index])] < STRICT.author
            and self.trees[int(self.ranking.root[index])] < STRICT.tree
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

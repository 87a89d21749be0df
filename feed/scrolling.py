"""How one scrolls on in a ranking: it is kept once, and with every page what has been used up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from django.core.cache import cache

from feed.timeline import Position
from ranking.services import Ranking
from ranking.types import Ids
from sora_social.users.models import User

KEPT_S = 1800  # how long one may scroll on in a ranking, from its last page
KEPT = 400  # candidates of it
SEEN = 1_000.0  # what was seen is worth less than all that was not


class Scroll(NamedTuple):
    """Where one is in a ranking."""

    ranking: Ranking  # what is left of it
    number: int = 0  # of the next page
    used: Ids = np.empty(0, np.int64)  # items of the kept one that are left no more


def go_on(viewer: User, position: Position, mark: str) -> Scroll | None:
    """What earlier pages left of a ranking; None when it has been forgotten, or the viewer has
    chosen otherwise since."""
    if position is None or position[0] != "rank":
        return None
    _, seed, number = position
    whole, used = _keys(viewer, seed, number)
    kept = cache.get_many([whole, used])
    if len(kept) < 2 or kept[whole].mark != mark:
        return None
    return Scroll(kept[whole].without(kept[used]), number, kept[used])


def keep(viewer: User, scroll: Scroll, ranking: Ranking, left: Ids) -> Position:
    """What is left at these places when a page has been made of a scroll's ranking. Whoever
    scrolls past what is kept begins with what is unseen."""
    if not len(left):
        return None
    number = scroll.number + 1
    whole, used = _keys(viewer, ranking.seed, number)
    if number == 1:
        cache.set_many({whole: ranking.take(_best(ranking, left)), used: scroll.used}, KEPT_S)
    else:
        before = scroll.ranking
        gone = before.item[before.others(ranking.item[left])]
        cache.set(used, np.concatenate([scroll.used, gone]), KEPT_S)
        cache.touch(whole, KEPT_S)
    return ["rank", ranking.seed, number]


def _keys(viewer: User, seed: int, number: int) -> tuple[str, str]:
    """Of a ranking, and of what the pages before this one have used up of it."""
    whole = f"ranking:{viewer.pk}:{seed}"
    return whole, f"{whole}:{number}"


def _best(ranking: Ranking, left: Ids) -> Ids:
    """As much as one may scroll through: guarantees, and the most valued."""
    if len(left) <= KEPT:
        return left
    due, seen, value = ranking.due[left], ranking.seen[left], ranking.value[left]
    value = np.where(due, np.inf, np.where(seen, value - SEEN, value))
    return left[np.argpartition(value, -KEPT)[-KEPT:]]

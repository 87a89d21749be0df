"""Where an item would stand without what decided most for it, from what was scored alone.

The reason is taken away, the value reckoned anew by the same function, and its place counted among
the values of that very ranking. The places that slots and caps give are left out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.features import FEATURES, USUAL_REMIX, rate
from ranking.steering import Steered
from ranking.types import Ids, Items, Numbers, Placed, Ranking, Slot

REASONS = ("", "follow", "cameo", "remixes", "is_remix", "wishes")
_OF = {  # the features that go with a reason
    "follow": {"friend", "follow"},
    "cameo": {"cameo_me", "cameo_friend"},
    "remixes": {"remix_rate"},
    "is_remix": {"is_remix", "depth"},
}
_MASKS = np.array([[name in names for name in FEATURES] for names in _OF.values()])
_GROUPS, _REMIXES = range(len(_OF)), list(_OF).index("remixes")
LEAST = 1e-6  # differences below it are rounding
CONTENDERS = 100  # the most valued: the first five pages
Found = NDArray[np.floating[Any]]  # (n, features)
Score = Callable[[Found, Items], Numbers]
Reasons = tuple[NDArray[np.uint8], Numbers]


def reasons(found: Found, items: Items, worth: Numbers, steered: Steered, score: Score) -> Reasons:
    """(n,) each: what decided most, as a place in REASONS, and the value without it."""
    reason, apart = np.zeros(len(items), np.uint8), np.full(len(items), np.nan)
    best = _contenders(steered.value)
    if not len(best):
        return reason, apart
    value, raised = steered.value[best], steered.raised[best]
    group, scored = _without(found[best], items.take(best), score)
    by_features = (worth[best] - scored) * steered.left[best]
    lost = np.stack([by_features, raised])
    by_wishes, most = lost.argmax(axis=0) == 1, lost.max(axis=0)
    here = most > LEAST
    reason[best[here]] = np.where(by_wishes, REASONS.index("wishes"), group + 1)[here]
    apart[best[here]] = (value - most)[here]
    return reason, apart


def _contenders(value: Numbers) -> Ids:
    count = min(CONTENDERS, len(value))
    return np.argpartition(value, -count)[-count:] if count else np.empty(0, np.int64)


def _without(found: Found, items: Items, score: Score) -> tuple[Ids, Numbers]:
    """The group of features that each would lose most without, and what it is worth then."""
    worth = np.stack([score(_as_for_nobody(found, items, group), items) for group in _GROUPS])
    group = worth.argmin(axis=0)  # (groups, n)
    return group, worth[group, np.arange(len(items))]


def _as_for_nobody(found: Found, items: Items, group: int) -> Found:
    alone = np.where(_MASKS[group], 0.0, found)
    if group == _REMIXES:
        alone[:, FEATURES.index("remix_rate")] = rate(items.remixes * 0, items, USUAL_REMIX)
    return alone


def decided(ranking: Ranking, placed: Sequence[Placed], before: int = 0) -> dict[str, Any]:
    """What the log keeps beside the scores. `because` of each item: [reason, its place without
    that, the chips that touched it, its author], or None; `steering`: those chips, and the recipe.

    Places count from 1; `before` is how many stood on earlier pages.
    """
    at = ranking.places_of(place.item for place in placed)
    higher = before + _higher(ranking, at)
    bits = int(np.bitwise_or.reduce(ranking.touched[at]))
    used = [n for n in range(len(ranking.chips)) if bits >> n & 1]
    chips = [[ranking.chips[n].verb, ranking.chips[n].about, ranking.chips[n].key] for n in used]
    steering = {"chips": chips, "recipe": ranking.recipe}
    return {
        "because": [
            _because(ranking, *where, used)
            for where in zip(at.tolist(), placed, higher.tolist(), strict=True)
        ],
        "steering": {name: said for name, said in steering.items() if said},
    }


def _because(
    ranking: Ranking, index: int, placed: Placed, place: int, used: Sequence[int]
) -> list[Any] | None:
    drawn = placed.slot == Slot.EXPLORE  # by lot: nothing decided for it
    reason = "" if drawn else REASONS[int(ranking.reason[index])]
    bits = int(ranking.touched[index])
    chips = [number for number, chip in enumerate(used) if bits >> chip & 1]
    if not reason and not chips:
        return None
    author = placed.author if reason == "follow" else None
    return [reason, place if reason else None, chips, author]


def _higher(ranking: Ranking, at: Ids) -> Ids:
    """The place of each by its value without its reason; of equals the last. It stood above that
    value itself, and so is counted in."""
    ordered = np.sort(ranking.value)
    return len(ordered) - np.searchsorted(ordered, ranking.apart[at] - LEAST)

"""Where an item would stand without what decided most for it, from what was scored alone.

The reason is taken away, the value reckoned anew by the same function, and its place counted among
the values of that very ranking. The places that slots and caps give are left out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ranking.belief import Found, probabilities
from ranking.features import FEATURES, USUAL_REMIX, packed
from ranking.network import Learned
from ranking.pool import POLICY, Ranking
from ranking.registry import REGISTRY
from ranking.store import over_usual
from ranking.types import Flags, Ids, Numbers, Placed, Slot
from ranking.value import value

REASONS = ("", "follow", "cameo", "remixes", "is_remix", "wishes")
_OF = {  # the features that go with a reason
    "follow": {"friend", "follow"},
    "cameo": {"cameo_me", "cameo_friend"},
    "remixes": {"remix_rate"},
    "is_remix": {"is_remix", "depth"},
}
_MASKS = np.array([[name in names for name in FEATURES] for names in _OF.values()])
_GROUPS, _REMIXES = range(len(_OF)), list(_OF).index("remixes")
_RATE, _TRIED = map(FEATURES.index, ("remix_rate", "tried"))
LEAST = 1e-6  # differences below it are rounding
CONTENDERS = 100  # the most valued: the first five pages
Reasons = tuple[list[str], Numbers]


def contends(value: Numbers) -> Flags:
    """(n,): the most valued, the only ones of which it is asked what decided for them."""
    best = np.zeros(len(value), np.bool_)
    count = min(CONTENDERS, len(value))
    if count:
        best[np.argpartition(value, -count)[-count:]] = True
    return best


def decided(ranking: Ranking, placed: Sequence[Placed], before: int = 0) -> dict[str, Any]:
    """What the log keeps beside the scores. `found`: what was known of each item when it was
    ranked; `because` of each: [reason, its place without that, the chips that touched it, its
    author], or None; `steering`: those chips, and the recipe.

    Places count from 1; `before` is how many stood on earlier pages.
    """
    at = ranking.places_of(place.item for place in placed)
    reason, apart = _reasons(ranking, at)
    higher = before + _higher(ranking.value, apart)
    touched = ranking.touched[at].tolist()
    used = [n for n in range(len(ranking.chips)) if any(bits >> n & 1 for bits in touched)]
    chips = [[ranking.chips[n].verb, ranking.chips[n].about, ranking.chips[n].key] for n in used]
    touching = [[n for n, chip in enumerate(used) if bits >> chip & 1] for bits in touched]
    steering = {"chips": chips, "recipe": ranking.recipe}
    return {
        "found": packed(ranking.found[at]),
        "because": list(map(_because, placed, reason, higher.tolist(), touching)),
        "steering": {name: said for name, said in steering.items() if said},
    }


def _because(placed: Placed, reason: str, place: int, chips: list[int]) -> list[Any] | None:
    if placed.slot == Slot.EXPLORE:  # by lot: nothing decided for it
        reason = ""
    if not reason and not chips:
        return None
    author = placed.author if reason == "follow" else None
    return [reason, place if reason else None, chips, author]


def _reasons(ranking: Ranking, at: Ids) -> Reasons:
    """Of the items at these places: what decided most, and the value without it; "" and NaN
    where nothing did."""
    reason, apart = np.zeros(len(at), np.int64), np.full(len(at), np.nan)
    learned, here = REGISTRY.named(ranking.policy), np.flatnonzero(ranking.contends[at])
    if not len(here) or (learned is None and ranking.policy != POLICY):  # its model is forgotten
        return [""] * len(at), apart
    best = at[here]
    group, scored = _without(ranking.found[best], ranking.need[best], learned, ranking.weights)
    lost = np.stack([(ranking.unwished[best] - scored) * ranking.left[best], ranking.raised[best]])
    by_wishes, most = lost.argmax(axis=0) == 1, lost.max(axis=0)
    decisive = most > LEAST
    reason[here] = np.where(by_wishes, REASONS.index("wishes"), group + 1) * decisive
    apart[here] = np.where(decisive, ranking.value[best] - most, np.nan)
    return [REASONS[why] for why in reason.tolist()], apart


def _without(
    found: Found, needy: Numbers, learned: Learned | None, weights: Mapping[str, float] | None
) -> tuple[Ids, Numbers]:
    """The group of features that each would lose most without, and what it is worth then.

    All groups at once, one below the other: a score does not depend on what it is reckoned with.
    """
    apart = np.where(_MASKS[:, None, :], np.float32(0), found[None])  # (groups, n, features)
    apart[_REMIXES, :, _RATE] = _untold(found)
    count = len(_GROUPS)
    chances = probabilities(apart.reshape(-1, found.shape[1]), learned)
    worth = value(chances, np.tile(needy, count), weights).reshape(count, -1)
    group = worth.argmin(axis=0)
    return group, worth[group, np.arange(len(found))]


def _untold(found: Found) -> Numbers:
    """The rate of remixes, had there been none."""
    impressions = np.expm1(found[:, _TRIED].astype(np.float64))
    return over_usual(np.zeros(len(found)), impressions, USUAL_REMIX)


def _higher(value: Numbers, apart: Numbers) -> Ids:
    """The place of each by its value without its reason; of equals the last. It stood above that
    value itself, and so is counted in."""
    ordered = np.sort(value)
    return len(ordered) - np.searchsorted(ordered, apart - LEAST)

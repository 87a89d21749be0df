"""What showing each candidate to a viewer is worth, and what else it has a claim to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.belief import probabilities
from ranking.counterfactual import reasons
from ranking.features import features, need, packed
from ranking.network import Learned
from ranking.standing import explorable, floor, worn
from ranking.steering import steer
from ranking.store import among, seconds
from ranking.types import DAY, Candidates, Items, Numbers, Placed, Ranking, Viewer
from ranking.value import value

POLICY = "prior-1"


def rank(
    viewer: Viewer,
    candidates: Candidates,
    moment: float,
    seed: int,
    learned: Learned | None = None,
) -> Ranking:
    """Score candidates for a viewer at a Unix time; `slate.slate` makes pages of it.

    By the prior alone, or by it and a learned model, in the measure that the model has seen things.
    """
    items, chance = candidates.items, np.random.default_rng(seed)
    found = features(viewer, candidates, moment)
    age, seen = moment - seconds(items.id), among(items.id, viewer.seen)
    score = partial(_worth, viewer, learned)
    chances = probabilities(found, learned)
    worth = value(chances, need(items), viewer.weights)
    steered = steer(viewer.chips, items, worth, moment)
    reason, apart = reasons(found, items, worth, steered, score)
    unseen_friend = among(items.author, viewer.friends) & ~seen & steered.inside
    explored = explorable(viewer, items, age, chances["create"], chance)
    return Ranking(
        seed, viewer.id, items.id, items.author, items.root, candidates.source,
        value=steered.value,
        due=unseen_friend & (age < DAY),
        friendly=unseen_friend & (age < 3 * DAY),
        explorable=explored & ~seen & steered.inside.all(),
        seen=seen,
        steered=steered.wanted,
        floor=floor(viewer, items, age, seen),
        worn=worn(viewer, items),
        author_shown=viewer.shown_of(items.author),
        template=items.template,
        vector=items.vector,
        found=found,
        touched=steered.touched,
        reason=reason,
        apart=apart,
        chips=viewer.chips,
        recipe=viewer.recipe,
        mark=viewer.mark,
        policy=learned.name if learned else POLICY,
    )  # fmt: skip


def _worth(
    viewer: Viewer, learned: Learned | None, found: NDArray[np.floating[Any]], items: Items
) -> Numbers:
    """What showing each item is worth, by the viewer's own weights if they have any."""
    return value(probabilities(found, learned), need(items), viewer.weights)


def found_of(ranking: Ranking, placed: Sequence[Placed]) -> bytes:
    """What was known of each item of a page when it was ranked, as it is logged."""
    return packed(ranking.found[ranking.places_of(place.item for place in placed)])

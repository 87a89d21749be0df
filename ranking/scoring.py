"""What showing each candidate to a viewer is worth, and what else it has a claim to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.belief import probabilities
from ranking.counterfactual import contends
from ranking.features import FEATURES, features, need
from ranking.network import Learned
from ranking.pool import POLICY, Ranking
from ranking.standing import explorable, floor, worn
from ranking.steering import steer
from ranking.store import among, seconds
from ranking.types import DAY, Candidates, Viewer
from ranking.value import value

FRIEND, FOLLOW = map(FEATURES.index, ("friend", "follow"))


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
    friends, strangers = found[:, FRIEND] > 0, found[:, FOLLOW] == 0
    chances, needy = probabilities(found, learned), need(items)
    worth = value(chances, needy, viewer.weights)
    steered = steer(viewer.chips, items, worth, moment)
    unseen_friend = friends & ~seen & steered.inside
    explored = explorable(items, strangers, age, chances["create"], chance)
    columns: dict[str, NDArray[Any]] = {
        "item": items.id,
        "author": items.author,
        "root": items.root,
        "template": items.template,
        "source": candidates.source,
        "touched": steered.touched,
        "floor": floor(viewer, items, friends, age, seen),
        "value": steered.value,
        "unwished": worth,
        "left": steered.left,
        "raised": steered.raised,
        "need": needy,
        "worn": worn(viewer, items),
        "author_shown": viewer.shown_of(items.author),
        "due": unseen_friend & (age < DAY),
        "friendly": unseen_friend & (age < 3 * DAY),
        "explorable": explored & ~seen & steered.inside.all(),
        "seen": seen,
        "steered": steered.wanted,
        "contends": contends(steered.value),
    }
    return Ranking.of(
        seed, viewer.id, found, items.vector, columns,
        chips=viewer.chips, weights=viewer.weights, recipe=viewer.recipe, mark=viewer.mark,
        policy=learned.name if learned else POLICY,
    )  # fmt: skip

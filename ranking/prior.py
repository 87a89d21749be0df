"""What is believed before there is data: a logistic model set by hand, and beliefs that give way.

The learned model will start from these logits and take over as labels arrive.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.features import FEATURES, SMOOTHING
from ranking.types import Items, Numbers

# head: (logit when nothing is known, what each feature adds to it)
CREATION = {
    "friend": 1.2, "follow": 0.4, "cameo_me": 1.6, "cameo_friend": 0.8, "is_remix": 0.3,
    "prolific": -0.6, "age": -0.25, "remix_rate": 0.5,
}  # fmt: skip
PRIOR: dict[str, tuple[float, dict[str, float]]] = {
    "create": (-3.9, CREATION),
    "post": (-4.9, CREATION),
    "remix_open": (-2.9, CREATION),
    "cameo_use": (-4.6, CREATION | {"cameo_me": 2.0, "cameo_friend": 1.4}),
    "share": (-4.0, {"friend": 0.5, "like_rate": 0.5, "age": -0.2}),
    "like": (-2.2, {"friend": 0.8, "follow": 0.3, "like_rate": 0.6, "age": -0.2}),
    "hide": (-4.6, {"friend": -1.0, "follow": -0.5, "prolific": 0.8, "like_rate": -0.3}),
    "report": (-8.0, {"friend": -1.0}),
}
HEADS = tuple(PRIOR)
_BASE = np.array([base for base, _ in PRIOR.values()])  # (heads,)
_WEIGHTS = np.array(
    [[adds.get(name, 0.0) for _, adds in PRIOR.values()] for name in FEATURES]
)  # (features, heads)
_CREATE = _WEIGHTS[:, HEADS.index("create")]


def probabilities(found: NDArray[np.float64], items: Items) -> dict[str, Numbers]:
    """Features (n, f) to the probability of each head, (n,). Counted creations outweigh belief."""
    logits = _BASE + found @ _WEIGHTS
    chances = dict(zip(HEADS, (1 / (1 + np.exp(-logits))).T, strict=True))
    believed = SMOOTHING * chances["create"]
    chances["create"] = (believed + items.remixes) / (SMOOTHING + items.impressions)
    chances["create"] = chances["create"].clip(max=1.0)
    return chances


def moved_creation(found: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """(n, f): what each feature added to the logit of creating."""
    return np.asarray(found * _CREATE)


def top_terms(found: NDArray[np.floating[Any]], count: int = 2) -> list[list[tuple[str, float]]]:
    """For each item the features that moved its creation logit most, and by how much."""
    moved = moved_creation(found)
    best = np.argsort(-np.abs(moved), axis=1)[:, :count]
    amounts = np.take_along_axis(moved, best, axis=1).astype(np.float64).round(3)
    return [
        [(FEATURES[f], amount) for f, amount in zip(fs, row, strict=True) if amount]
        for fs, row in zip(best.tolist(), amounts.tolist(), strict=True)
    ]

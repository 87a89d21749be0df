"""What is believed before there is data: a logistic model set by hand, and beliefs that give way.

The learned model takes over from these logits as labels arrive (belief.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.features import FEATURES, USUAL_REMIX
from ranking.store import SMOOTHING
from ranking.types import Numbers

# head: (logit when nothing is known, what each feature adds to it)
CREATION = {
    "friend": 1.2, "follow": 0.4, "cameo_me": 1.6, "cameo_friend": 0.8, "is_remix": 0.3,
    "prolific": -0.6, "age": -0.25, "remix_rate": 0.5, "like_mine": 0.5,
}  # fmt: skip
PRIOR: dict[str, tuple[float, dict[str, float]]] = {
    "create": (-3.9, CREATION),
    "keep": (-4.2, CREATION),
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
_USED = np.flatnonzero(_WEIGHTS.any(axis=1))
_LINES = np.ascontiguousarray(_WEIGHTS[_USED].T)  # (heads, used)
_CREATED, _TRIED, _RATE = HEADS.index("create"), *map(FEATURES.index, ("tried", "remix_rate"))
CREATE = _WEIGHTS[:, _CREATED]


def logits(found: NDArray[np.floating[Any]]) -> Numbers:
    """Features (n, f) to (n, heads). Counted creations outweigh belief."""
    believed = _LINES @ found.T[_USED].astype(np.float64) + _BASE[:, None]  # (heads, n)
    tried = np.expm1(found[:, _TRIED].astype(np.float64))
    remixed = USUAL_REMIX * np.exp(found[:, _RATE]) * (tried + SMOOTHING) - SMOOTHING * USUAL_REMIX
    chance = SMOOTHING / (1 + np.exp(-believed[_CREATED])) + np.maximum(remixed, 0)
    chance = np.clip(chance / (SMOOTHING + tried), 1e-6, 1 - 1e-6)
    believed[_CREATED] = np.log(chance / (1 - chance))
    return np.asarray(believed.T)

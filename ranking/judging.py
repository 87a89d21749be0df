"""How good probabilities were: the surprise of what happened, and whether they kept their word."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking import belief, prior
from ranking.features import FEATURES
from ranking.network import HEADS, Learned
from ranking.training import Examples
from ranking.types import Flags, Numbers

_COLUMNS = [HEADS.index(head) for head in prior.HEADS]
SLICES = ("everything", "friends", "strangers", "new", "old")


def surprise(examples: Examples, learned: Learned | None) -> Numbers:
    """(heads of the prior,) the mean negative log-likelihood of what would have been served."""
    logits = belief.logits(examples.found, learned)
    labels = examples.labels[:, _COLUMNS]
    each = np.logaddexp(0, logits) - np.nan_to_num(labels) * logits
    weight = examples.weight[:, None] * ~np.isnan(labels)
    return np.asarray((each * weight).sum(axis=0) / weight.sum(axis=0).clip(1e-9))


def calibration(examples: Examples, learned: Learned | None) -> dict[str, Any]:
    """{head: {slice: {"said", "happened", "of"}}}: means over the impressions of the slice."""
    chances = belief.probabilities(examples.found, learned)
    return {
        head: {name: _kept(chances[head][some], examples.labels[some, HEADS.index(head)])
               for name, some in _slices(examples.found).items() if some.any()}
        for head in prior.HEADS
    }  # fmt: skip


def _kept(chance: Numbers, label: NDArray[np.float32]) -> dict[str, float]:
    said, happened = float(chance.mean()), float(np.nanmean(label))
    return {"said": round(said, 5), "happened": round(happened, 5), "of": len(label)}


def _slices(found: NDArray[np.float32]) -> dict[str, Flags]:
    friend = found[:, FEATURES.index("friend")] > 0
    new = found[:, FEATURES.index("age")] < 1
    return dict(zip(SLICES, (np.ones_like(new), friend, ~friend, new, ~new), strict=True))

"""What is believed of an item: the prior, and what was learned in the measure that it is known.

logit = prior + trust × (model − prior),  trust = n / (n + 40) for a head seen n times
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking import prior
from ranking.features import FEATURES
from ranking.network import HEADS, Learned
from ranking.types import Numbers

_PLACES = [HEADS.index(head) for head in prior.HEADS]
_CREATE = HEADS.index("create")
# The same for every item of a page: they say how likely a creation is, not which item is better.
OF_VIEWER = [FEATURES.index(name) for name in ("own_rate", "known", "sitting", "made_now", "place")]
Found = NDArray[np.floating[Any]]  # (n, features)
Terms = list[tuple[str, float]]


def logits(found: Found, learned: Learned | None) -> Numbers:
    """(n, heads of the prior)."""
    believed = prior.logits(found)
    if learned is not None:
        trust = learned.trust()[_PLACES]
        believed += trust * (learned.logits(found)[:, _PLACES] - believed)
    return believed


def probabilities(found: Found, learned: Learned | None = None) -> dict[str, Numbers]:
    """Features (n, f) to the probability of each head, (n,)."""
    chances = np.ascontiguousarray(logits(found, learned).T)  # (heads, n)
    np.negative(chances, out=chances)
    np.exp(chances, out=chances)
    chances += 1
    np.reciprocal(chances, out=chances)
    return dict(zip(prior.HEADS, chances, strict=True))


def moved_creation(found: Found, learned: Learned | None = None) -> Numbers:
    """(n, f): what the logit of creating would lose if nothing were known of that feature alone.

    Of the prior these are its terms; of the model, exact differences, which need not add up.
    """
    of_prior: Numbers = found * prior.CREATE
    if learned is None:
        return of_prior
    trust = float(learned.trust()[_CREATE])
    return (1 - trust) * of_prior + trust * _lost(found, learned)


def _lost(found: Found, learned: Learned) -> Numbers:
    count, wide = found.shape
    without = np.repeat(found, wide, axis=0).reshape(count, wide, wide)
    without[:, np.arange(wide), np.arange(wide)] = 0
    then = learned.logits(without.reshape(-1, wide))[:, _CREATE].reshape(count, wide)
    return np.asarray(learned.logits(found)[:, [_CREATE]] - then, np.float64)


def top_terms(found: Found, learned: Learned | None = None, count: int = 2) -> list[Terms]:
    """For each item the features that moved its creation logit most, and by how much."""
    moved = moved_creation(found, learned)
    moved[:, OF_VIEWER] = 0
    best = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :count]
    amounts = moved[np.arange(len(moved))[:, None], best].round(3)
    return [
        [(FEATURES[f], amount) for f, amount in zip(fs, row, strict=True) if amount]
        for fs, row in zip(best.tolist(), amounts.tolist(), strict=True)
    ]

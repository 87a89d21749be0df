"""What an invitation changed, told from the logged chances: two estimates, with intervals.

Inverse propensity weights (Hájek's form) assume nothing else; weighted and centred least squares
(Boruvka, Almirall, Witkiewitz and Murphy, "Assessing Time-Varying Causal Effect Moderation in
Mobile Health", JASA 113, 2018) also take out what the context explains, and stay right where that
explanation is wrong. Both count people, not trials: one person's trials are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.types import Flags, Ids, Numbers

LEAST_PEOPLE = 20  # fewer, and an interval would promise too much
WIDE = 1.96


@dataclass(frozen=True, slots=True)
class Trials:
    """Outcomes of trials (n,), the context of each (n, d), and whose it was."""

    outcome: Numbers
    shown: Flags
    chance: Numbers
    context: NDArray[np.float64]
    person: Ids

    def __len__(self) -> int:
        return len(self.outcome)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Outcome when shown minus outcome when not, with its 95 % interval."""

    effect: float
    low: float
    high: float


def ipw(trials: Trials) -> Estimate | None:
    """Weighted by how improbable each side was; None where too little is known."""
    if not _enough(trials):
        return None
    shown, hidden = _weights(trials)
    means = [weight @ trials.outcome / weight.sum() for weight in (shown, hidden)]
    off = shown / shown.sum() * (trials.outcome - means[0])
    off -= hidden / hidden.sum() * (trials.outcome - means[1])
    variance = (_per_person(trials, off[:, None]) ** 2).sum() * _small(trials, 2)
    return _estimate(float(means[0] - means[1]), variance)


def wcls(trials: Trials) -> Estimate | None:
    """Weighted and centred least squares; None where too little is known."""
    if not _enough(trials):
        return None
    usual = float(trials.chance.mean())
    shown, hidden = _weights(trials)
    weight = shown * usual + hidden * (1 - usual)
    design = np.column_stack([_varying(trials.context), trials.shown - usual])
    bread = np.linalg.pinv((design * weight[:, None]).T @ design)
    found = bread @ (design.T @ (weight * trials.outcome))
    scores = design * (weight * (trials.outcome - design @ found))[:, None]
    meat = _per_person(trials, scores)
    variance = (bread @ (meat.T @ meat) @ bread)[-1, -1] * _small(trials, design.shape[1])
    return _estimate(float(found[-1]), variance)


def _enough(trials: Trials) -> bool:
    people = [len(np.unique(trials.person[side])) for side in (trials.shown, ~trials.shown)]
    return min(people) >= LEAST_PEOPLE


def _weights(trials: Trials) -> tuple[Numbers, Numbers]:
    return trials.shown / trials.chance, ~trials.shown / (1 - trials.chance)


def _varying(context: NDArray[np.float64]) -> NDArray[np.float64]:
    """A constant, and the columns that are none."""
    return np.column_stack([np.ones(len(context)), context[:, np.ptp(context, axis=0) > 0]])


def _per_person(trials: Trials, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows (n, k) added up for each person: (people, k)."""
    _, whose = np.unique(trials.person, return_inverse=True)
    total = np.zeros((whose.max() + 1, rows.shape[1]))
    np.add.at(total, whose, rows)
    return total


def _small(trials: Trials, parameters: int) -> float:
    """Few people look more alike than they are."""
    people = len(np.unique(trials.person))
    return people / max(people - parameters, 1)


def _estimate(effect: float, variance: float) -> Estimate:
    half = WIDE * float(variance) ** 0.5
    return Estimate(effect, effect - half, effect + half)

"""What another policy would have earned, from the log of one that chose by lot.

Importance weights, their self-normalised form, and doubly robust: all through the one clipping
function, each with an interval by bootstrap, and none where too few decisions carry the weight.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ranking.types import Ids, Numbers

CLIP = 10.0
LEAST = 200.0  # of effective decisions
DRAWS, COVERED = 500, 0.95


class RefuseEstimate(ValueError):
    """So few decisions carry the weight that any figure would be an accident."""

    def __init__(self, size: float) -> None:
        super().__init__(f"effective sample size {size:.0f} is below {LEAST:.0f}")
        self.size = size


@dataclass(frozen=True, slots=True)
class Logged:
    """Decisions in columns, all (n,): what each paid, and how likely each policy was to take it."""

    reward: Numbers
    propensity: Numbers  # of the policy that wrote the log
    target: Numbers  # of the policy in question
    expected: Numbers  # the reward that a model expects of the decision taken; 0 without a model
    expected_target: Numbers  # and of what the policy in question would have done
    unit: Ids = field(default_factory=lambda: np.empty(0, np.int64))  # drawn together: people

    def __post_init__(self) -> None:
        columns = (self.reward, self.propensity, self.target, self.expected, self.expected_target)
        if len({len(column) for column in columns}) != 1:
            raise ValueError("every column needs one number for each decision")
        if not all(np.isfinite(column).all() for column in columns):
            raise ValueError("every number must be finite")
        if ((self.propensity <= 0) | (self.propensity > 1)).any():
            raise ValueError("propensity: above 0 and at most 1, or the decision was not by lot")
        if ((self.target < 0) | (self.target > 1)).any():
            raise ValueError("target: a probability from 0 to 1")
        if not len(self.unit):
            object.__setattr__(self, "unit", np.arange(len(self.reward)))


@dataclass(frozen=True, slots=True)
class Estimate:
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


@dataclass(frozen=True, slots=True)
class Estimates:
    """The three estimates of one policy, and what they stand on."""

    decisions: int
    effective: float
    heaviest: float
    ips: Estimate
    snips: Estimate
    doubly_robust: Estimate


def estimates(logged: Logged, clip: float = CLIP) -> Estimates:
    """The policy's mean reward, three ways. Raises RefuseEstimate where nearly nothing is known."""
    raw = weights(logged)
    size = effective_size(raw)
    if size < LEAST:
        raise RefuseEstimate(size)
    weight = clipped(raw, clip)
    corrected = logged.expected_target + weight * (logged.reward - logged.expected)
    columns = np.stack([weight * logged.reward, corrected, weight, np.ones(len(raw))], axis=1)
    total, drawn = columns.sum(axis=0), _redrawn(columns, logged.unit)
    return Estimates(
        len(raw), size, float(raw.max()),
        ips=_ratio(total, drawn, top=0, bottom=3),
        snips=_ratio(total, drawn, top=0, bottom=2),
        doubly_robust=_ratio(total, drawn, top=1, bottom=3),
    )  # fmt: skip


def weights(logged: Logged) -> Numbers:
    """How much likelier the policy in question was to decide so."""
    return logged.target / logged.propensity


def clipped(weight: Numbers, at: float = CLIP) -> Numbers:
    """The one clipping function: no decision stands for more than `at` of them."""
    return np.minimum(weight, at)


def effective_size(weight: Numbers) -> float:
    """How many equally heavy decisions would tell as much."""
    squares = float((weight**2).sum())
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def fitted_means(reward: Numbers, arm: Ids, arms: int, unit: Ids, prior: float = 20.0) -> Numbers:
    """(n, arms): the mean reward of each arm among the *other* half of the units.

    Few decisions lean on the mean of that half as if it had been seen `prior` times.
    """
    half = (unit * 2_654_435_761 >> 16) % 2
    means = np.stack([_means(reward[half != h], arm[half != h], arms, prior) for h in (0, 1)])
    return np.asarray(means[half], np.float64)


def _means(reward: Numbers, arm: Ids, arms: int, prior: float) -> Numbers:
    overall = float(reward.mean()) if len(reward) else 0.0
    total, count = np.bincount(arm, reward, arms), np.bincount(arm, minlength=arms)
    return (total + prior * overall) / (count + prior)


def _redrawn(columns: Numbers, unit: Ids) -> Numbers:
    """(DRAWS, columns): their sums when units are drawn anew, each a Poisson number of times."""
    _, at = np.unique(unit, return_inverse=True)
    sums = np.stack([np.bincount(at, column) for column in columns.T], axis=1)  # (units, columns)
    chance = np.random.default_rng(0)
    return np.stack([chance.poisson(1.0, len(sums)) @ sums for _ in range(DRAWS)])


def _ratio(total: Numbers, drawn: Numbers, top: int, bottom: int) -> Estimate:
    """One sum over another, and where nineteen of twenty redrawn ones lie."""
    redrawn = drawn[:, top] / drawn[:, bottom].clip(min=1e-12)
    low, high = np.quantile(redrawn, [(1 - COVERED) / 2, (1 + COVERED) / 2])
    return Estimate(float(total[top] / total[bottom]), float(low), float(high))

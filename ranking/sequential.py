"""A test that may be looked at whenever one likes, without being wrong more often.

The mixture sequential probability ratio test of Robbins, as Johari, Koomen, Pekelis and Walsh use
it for experiments ("Always Valid Inference: Continuous Monitoring of A/B Tests", Operations
Research 70(3), 2022, arXiv 1512.04922): under no difference the mixed likelihood ratio is a
martingale that begins at 1, so that it ever reaches 1/α with a probability of at most α.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np

from ranking.types import Numbers

ALPHA = 0.05
LEAST_UNITS = 30  # of each arm, before a variance means anything


@dataclass(frozen=True, slots=True)
class Verdict:
    """A difference (second minus first), its always valid interval, and the p-value of this look.

    The p-value of the experiment is the smallest of all looks.
    """

    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float


def compare(first: Numbers, second: Numbers, alpha: float = ALPHA) -> Verdict | None:
    """Outcomes of two arms, one number per unit; None while there are too few of them."""
    if min(len(first), len(second)) < LEAST_UNITS:
        return None
    means = float(first.mean()), float(second.mean())
    difference, variance = means[1] - means[0], _variance(first) + _variance(second)
    if variance == 0:  # nobody differs from anybody: nothing can be said yet
        return Verdict(*means, difference, -np.inf, np.inf, 1.0)
    expected = _expected(first, second)
    half = _half_width(variance, expected, alpha)
    p = _p(difference, variance, expected)
    return Verdict(*means, difference, difference - half, difference + half, p)


def _variance(outcomes: Numbers) -> float:
    """Of the mean."""
    return float(outcomes.var(ddof=1)) / len(outcomes)


def _expected(first: Numbers, second: Numbers) -> float:
    """Variance of the effects that are mixed: a fifth of a unit's own spread is worth finding."""
    return 0.04 * max(float(np.concatenate([first, second]).var()), 1e-12)


def _half_width(variance: float, expected: float, alpha: float) -> float:
    both = variance + expected
    return sqrt(variance * both / expected * (2 * log(1 / alpha) + log(both / variance)))


def _p(difference: float, variance: float, expected: float) -> float:
    """One over the mixed likelihood ratio, at most 1."""
    both = variance + expected
    against = expected * difference**2 / (2 * variance * both)
    return min(1.0, sqrt(both / variance) * exp(-min(against, 700.0)))

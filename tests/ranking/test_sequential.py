"""A test that may be looked at every day: wrong as seldom as it says, and finding what is there."""

from __future__ import annotations

import numpy as np
import pytest

from ranking.sequential import ALPHA, LEAST_UNITS, compare

LOOKS = range(LEAST_UNITS, 2001, 30)


def peeked(difference: float, seed: int, rate: float = 0.3) -> float:
    """The smallest p-value of all looks, as units keep coming in."""
    chance = np.random.default_rng(seed)
    first = (chance.random(LOOKS[-1]) < rate).astype(float)
    second = (chance.random(LOOKS[-1]) < rate + difference).astype(float)
    return min(compare(first[:n], second[:n]).p for n in LOOKS)


def test_looking_again_and_again_is_not_being_wrong_more_often():
    wrong = sum(peeked(0.0, seed) <= ALPHA for seed in range(300))
    assert wrong <= 300 * ALPHA


def test_a_plain_test_that_is_looked_at_again_and_again_would_be():
    def plain(seed):
        chance = np.random.default_rng(seed)
        first, second = (chance.random((2, LOOKS[-1])) < 0.3).astype(float)
        return any(
            abs(first[:n].mean() - second[:n].mean())
            > 1.96 * ((first[:n].var() + second[:n].var()) / n) ** 0.5
            for n in LOOKS
        )

    assert sum(map(plain, range(300))) > 300 * ALPHA * 3


def test_what_is_there_is_found():
    assert sum(peeked(0.1, seed) <= ALPHA for seed in range(40)) >= 36


@pytest.mark.parametrize("truth", [0.0, 0.1])
def test_the_interval_holds_the_truth_at_every_look(truth):
    missed = 0
    for seed in range(100):
        chance = np.random.default_rng(seed)
        first = (chance.random(1000) < 0.3).astype(float)
        second = (chance.random(1000) < 0.3 + truth).astype(float)
        looks = [compare(first[:n], second[:n]) for n in range(LEAST_UNITS, 1001, 50)]
        missed += any(not look.low <= truth <= look.high for look in looks)
    assert missed <= 100 * ALPHA


def test_nothing_is_said_of_a_few_units_or_of_units_that_are_all_alike():
    some, more = np.zeros(LEAST_UNITS), np.ones(LEAST_UNITS - 1)
    assert (compare(some, more), compare(some, some).p) == (None, 1.0)

"""Two estimates of what an invitation changes, on data whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from ranking.effects import LEAST_PEOPLE, Trials, ipw, wcls


def drawn(effect: float, seed: int, people: int = 120, each: int = 8) -> Trials:
    """Trials of people who differ, whose chance of being shown goes with how much they make."""
    chance = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), each)
    keen = np.repeat(chance.uniform(0, 0.5, people), each)
    p = np.clip(0.1 + keen, 0.1, 0.9)
    shown = chance.random(len(p)) < p
    outcome = (chance.random(len(p)) < 0.1 + keen + effect * shown).astype(float)
    return Trials(outcome, shown, p, np.column_stack([np.ones(len(p)), keen]), person)


@pytest.mark.parametrize("estimate", [ipw, wcls])
@pytest.mark.parametrize("truth", [0.0, 0.2])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(estimate, truth):
    found = [estimate(drawn(truth, seed)) for seed in range(200)]
    held = sum(one.low <= truth <= one.high for one in found)
    assert held >= 180
    assert abs(np.mean([one.effect for one in found]) - truth) < 0.01


def test_who_is_shown_more_is_not_taken_for_an_effect():
    naive = []
    for seed in range(30):
        trials = drawn(0.0, seed)
        naive.append(trials.outcome[trials.shown].mean() - trials.outcome[~trials.shown].mean())
    assert np.mean(naive) > 0.03  # without weights it would be


def test_least_squares_are_sharper_where_the_context_explains_much():
    trials = drawn(0.2, 7)
    assert wcls(trials).high - wcls(trials).low < ipw(trials).high - ipw(trials).low


@pytest.mark.parametrize("estimate", [ipw, wcls])
def test_too_few_people_are_refused(estimate):
    assert estimate(drawn(0.2, 1, people=LEAST_PEOPLE // 2)) is None

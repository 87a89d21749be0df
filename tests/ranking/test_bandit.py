"""The sampler on truths that we know: it learns them, mutes what does harm, and forgets nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.bandit import (
    FEATURES,
    IGNORED,
    LEAST,
    MOST,
    MUTED,
    Own,
    as_json,
    chance_of,
    from_json,
    unknown,
)
from tests.ranking.making import NOW

HERE = np.array([1.0, 0.5, 0.2, 0.0, 0.0])


def lived(effect, trials, seed, evening=0.0, per_batch=50):
    """A line that learned from people who create one time in ten, plus the effect when shown;
    on evenings, everybody does `evening` more."""
    chance, line, drawn = np.random.default_rng(seed), unknown(), []
    for batch in range(trials // per_batch):
        x = chance.uniform(0, 1, (per_batch, len(FEATURES)))
        x[:, 0] = 1
        p = np.array([chance_of(*line.effect(row)) for row in x])
        shown = chance.random(per_batch) < p
        rate = 0.1 + effect(x) * shown + evening * (batch % 2)
        line = line.after(x, shown, p, (chance.random(per_batch) < rate).astype(float))
        drawn.append(p)
    return line, np.concatenate(drawn)


def test_nothing_known_is_a_fair_coin():
    assert chance_of(*unknown().effect(HERE)) == pytest.approx(0.5)


@pytest.mark.parametrize(("truth", "found"), [(0.2, MOST), (-0.1, LEAST)])
def test_what_helps_comes_often_and_what_harms_seldom(truth, found):
    line, drawn = lived(lambda x: truth, 4000, seed=1)
    mean, deviation = line.effect(HERE)
    assert abs(mean - truth) < 3 * deviation + 0.02
    assert (deviation < 0.08, np.median(drawn[-500:])) == (True, found)


def test_a_busy_evening_is_not_mistaken_for_an_effect():
    line, _ = lived(lambda x: 0.0, 6000, seed=3, evening=0.5)
    mean, deviation = line.effect(HERE)
    assert abs(mean) < 3 * deviation


def test_it_learns_for_whom_it_helps():
    line, _ = lived(lambda x: 0.3 * (x[:, 3] > 0.5) - 0.05, 8000, seed=2)
    makers, others = (np.array([1, 0.5, 0.5, maker, 0.5]) for maker in (1.0, 0.0))
    assert chance_of(*line.effect(makers)) > 0.8 > 0.4 > chance_of(*line.effect(others))


numbers = st.floats(-3, 1, allow_nan=False)
trials = st.lists(
    st.tuples(st.booleans(), st.floats(LEAST, MOST), numbers, st.floats(0, 1)), max_size=40
)


@settings(deadline=None)
@given(trials, st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_chance_lies_within_its_bounds_whatever_was_learned(rows, place):
    line = unknown()
    for shown, p, reward, somewhere in rows:
        x = np.array([[1.0, somewhere, somewhere, 1 - somewhere, 0]])
        line = line.after(x, np.array([shown]), np.array([p]), np.array([reward]))
    assert LEAST <= chance_of(*line.effect(np.array([1.0, *place]))) <= MOST


@given(trials)
def test_what_is_kept_is_read_back(rows):
    line = unknown()
    for shown, p, reward, somewhere in rows:
        x = np.array([[1.0, somewhere, 0, 0, 1]])
        line = line.after(x, np.array([shown]), np.array([p]), np.array([reward]))
    again = from_json(as_json({"try-this": line}))["try-this"]
    assert again.effect(HERE) == line.effect(HERE)


def test_a_line_of_another_shape_or_without_numbers_begins_anew():
    small = {"precision": [[1.0]], "weighted": [0.0]}
    size = len(FEATURES)
    broken = {"precision": np.eye(size).tolist(), "weighted": [float("nan")] * size}
    assert from_json({"a": small, "b": broken}) == {}


# --- what it does for one person ------------------------------------------------------------------


def shown_to(own, times, reward, made, common=0.1):
    for _ in range(times):
        own = own.after(True, 0.5, reward, made, common, NOW)
    return own


def test_an_arm_that_is_ignored_again_and_again_is_muted_for_a_while():
    nearly = shown_to(Own(), IGNORED - 1, 0.0, made=False)
    assert (nearly.until, shown_to(nearly, 1, 0.0, made=False)) == (0.0, Own(until=NOW + MUTED))


def test_an_arm_that_does_harm_is_muted_sooner():
    times = next(n for n in range(20) if shown_to(Own(), n, -1.5, made=False).until)
    assert 1 <= times < IGNORED


def test_an_arm_that_helps_is_never_muted():
    assert shown_to(Own(), 100, 1.0, made=True).until == 0.0


def test_not_having_been_shown_is_nobodys_fault():
    own = Own()
    for _ in range(50):
        own = own.after(False, 0.5, 0.0, False, 0.1, NOW)
    assert own.until == 0.0

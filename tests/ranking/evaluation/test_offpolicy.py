from dataclasses import replace

import numpy as np
import pytest

from ranking.evaluation.offpolicy import (
    Logged,
    RefuseEstimate,
    clipped,
    effective_size,
    estimates,
    fitted_means,
)

PAYS = np.array([0.1, 0.3, 0.6])  # what each of three arms pays
BEHAVED = np.array([0.6, 0.3, 0.1])
WANTED = np.array([0.1, 0.2, 0.7])
TRUTH = float(PAYS @ WANTED)


def log(count: int, seed: int, model: np.ndarray | None = None) -> Logged:
    """Decisions of a policy whose every chance is known, about arms whose worth is known."""
    chance = np.random.default_rng(seed)
    arm = chance.choice(3, count, p=BEHAVED)
    reward = (chance.random(count) < PAYS[arm]).astype(np.float64)
    model = np.zeros(3) if model is None else model
    expected = np.full(count, float(model @ WANTED))
    return Logged(reward, BEHAVED[arm], WANTED[arm], model[arm], expected)


def test_intervals_hold_the_truth_as_often_as_they_say():
    held = {"ips": 0, "snips": 0, "doubly_robust": 0}
    for seed in range(40):
        found = estimates(log(1_500, seed, PAYS))
        for name in held:
            one = getattr(found, name)
            held[name] += one.low <= TRUTH <= one.high
    assert all(times >= 34 for times in held.values()), held  # 38 expected


def test_a_good_model_makes_doubly_robust_the_surest_of_the_three():
    found = estimates(log(4_000, 7, PAYS))
    widths = [one.high - one.low for one in (found.doubly_robust, found.snips, found.ips)]
    assert widths == sorted(widths)


def test_a_wrong_model_does_not_mislead_doubly_robust():
    wrong = estimates(log(10_000, 3, np.array([0.9, 0.9, 0.0]))).doubly_robust
    assert wrong.low <= TRUTH <= wrong.high


def test_the_effective_size_counts_equally_heavy_decisions():
    assert effective_size(np.ones(50)) == 50
    assert effective_size(np.array([1.0, 0.0, 0.0])) == 1
    assert effective_size(np.zeros(3)) == 0


def test_nothing_is_estimated_from_a_few_heavy_decisions():
    logged = log(4_000, 1)
    rare = replace(logged, propensity=np.where(np.arange(4_000) < 3, 1e-6, logged.propensity))
    with pytest.raises(RefuseEstimate, match=r"effective sample size [23] is below 200"):
        estimates(rare)


def test_clipping_bounds_every_weight_and_moves_no_other():
    assert clipped(np.array([0.5, 10.0, 900.0])).tolist() == [0.5, 10.0, 10.0]


def test_people_are_redrawn_whole():
    alone = log(1_000, 5)
    columns = ("reward", "propensity", "target", "expected", "expected_target", "unit")
    apart = Logged(*(getattr(alone, name).repeat(4) for name in columns[:5]))
    together = replace(apart, unit=alone.unit.repeat(4))
    width = {k: estimates(v).ips for k, v in {"together": together, "apart": apart}.items()}
    assert (width["together"].high - width["together"].low) > 1.8 * (
        width["apart"].high - width["apart"].low
    )


def test_a_decision_is_never_judged_by_a_model_that_saw_its_own_unit():
    unit = np.arange(1_000).repeat(2)
    reward, arm = np.zeros(2_000), np.zeros(2_000, np.int64)
    one = unit == 17
    before = fitted_means(reward, arm, 1, unit)
    after = fitted_means(np.where(one, 1.0, reward), arm, 1, unit)
    assert (before[one] == after[one]).all()
    assert (before != after).any()


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("propensity", 0.0, "propensity: above 0"),
        ("propensity", 1.5, "propensity: above 0"),
        ("target", -0.1, "target: a probability"),
        ("reward", float("nan"), "every number must be finite"),
    ],
)
def test_a_log_that_cannot_be_is_refused(field, value, rule):
    logged = log(500, 1)
    column = getattr(logged, field).copy()
    column[3] = value
    with pytest.raises(ValueError, match=rule):
        replace(logged, **{field: column})


def test_columns_of_different_lengths_are_refused():
    logged = log(500, 1)
    with pytest.raises(ValueError, match="one number for each decision"):
        replace(logged, reward=logged.reward[:-1])

"""The network that learns what viewers do: it finds what there is, says how likely, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from ranking.network import HEADS, BadModel, Learned, unpacked
from ranking.training import Examples, learn

FEATURES = 6


def examples(count: int, seed: int = 0, base: float = -2.0) -> tuple[Examples, np.ndarray]:
    """Impressions whose first feature pleases, whose next two please together; (them, chances)."""
    lot = np.random.default_rng(seed)
    found = lot.normal(size=(count, FEATURES)).astype(np.float32)
    found[:, 5] = 0
    chance = 1 / (1 + np.exp(-(base + found[:, 0] + found[:, 1] * found[:, 2])))
    labels = (lot.random((count, len(HEADS))) < chance[:, None]).astype(np.float32)
    at = np.arange(count, dtype=np.float64)
    return Examples(found, labels, np.ones(count, np.float32), at), chance


def nll(chance: np.ndarray, said: np.ndarray) -> float:
    return float(-(chance * np.log(said) + (1 - chance) * np.log(1 - said)).mean())


@pytest.fixture(scope="module")
def learned() -> Learned:
    return learn(examples(12_000)[0])


def test_what_is_learned_comes_near_the_truth(learned):
    new, chance = examples(4_000, seed=1)
    said = learned.probabilities(new.found)["create"]
    best, nothing = nll(chance, chance), nll(chance, np.full(4_000, chance.mean()))
    assert nll(chance, said) - best < 0.15 * (nothing - best)
    assert said.mean() == pytest.approx(chance.mean(), abs=0.01)


def test_the_same_examples_are_the_same_model(learned):
    assert learned.packed() == learn(examples(12_000)[0]).packed()


def test_a_feature_that_never_varied_says_nothing(learned):
    one = np.zeros((2, FEATURES), np.float32)
    one[1, 5] = 100
    assert np.array_equal(*learned.logits(one))


def test_an_unknown_label_teaches_nothing():
    known, _ = examples(6_000)
    unknown = Examples(known.found, known.labels.copy(), known.weight, known.at)
    unknown.labels[::2, 0] = np.nan
    wrong = Examples(known.found, known.labels.copy(), known.weight, known.at)
    wrong.labels[::2, 0] = 1
    said = [learn(some).probabilities(known.found)["create"].mean() for some in (unknown, wrong)]
    assert said[0] == pytest.approx(known.labels[1::2, 0].mean(), abs=0.03)
    assert said[1] > said[0] + 0.2


def test_what_begins_where_another_ended_is_better_after_one_pass(learned):
    few, _ = examples(600, seed=2)
    new, chance = examples(4_000, seed=3)
    cold, warm = (learn(few, start, epochs=1) for start in (None, learned))
    worse, better = (nll(chance, model.probabilities(new.found)["post"]) for model in (cold, warm))
    assert better < worse


def test_the_latest_tenth_sets_the_level_right():
    before, _ = examples(18_000)
    after, chance = examples(2_000, seed=4, base=-1.0)
    both = Examples(
        *(
            np.concatenate([getattr(part, name) for part in (before, after)])
            for name in ("found", "labels", "weight")
        ),
        np.arange(20_000, dtype=np.float64),
    )
    said = learn(both).probabilities(after.found)["create"].mean()
    assert said == pytest.approx(chance.mean(), abs=0.05)


@pytest.mark.parametrize("count", [1, 2, 10])
def test_a_handful_of_examples_is_a_model_that_is_hardly_believed(count):
    few = learn(examples(count)[0])
    assert np.isfinite(few.logits(np.ones((1, FEATURES), np.float32))).all()
    assert few.trust().max() <= count / (count + 40)


# --- files ----------------------------------------------------------------------------------------


def test_a_model_that_was_kept_says_the_same(learned):
    found = examples(50)[0].found
    again = unpacked(learned.packed(), FEATURES)
    assert np.array_equal(again.logits(found), learned.logits(found))
    assert np.array_equal(again.happened, learned.happened)


def broken(learned: Learned, **changes) -> bytes:
    layers, happened = list(learned.layers), learned.happened
    return Learned(changes.get("layers", tuple(layers)), changes.get("happened", happened)).packed()


@pytest.mark.parametrize("worst", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_is_refused(learned, worst):
    weights, bias = learned.layers[1]
    sick = weights.copy()
    sick[0, 0] = worst
    layers = (learned.layers[0], (sick, bias), learned.layers[2])
    with pytest.raises(BadModel, match="finite"):
        unpacked(broken(learned, layers=layers), FEATURES)


@pytest.mark.parametrize("cut", [0, 10, 0.5, 0.99])
def test_a_file_cut_short_is_refused(learned, cut):
    file = learned.packed()
    with pytest.raises(BadModel):
        unpacked(file[: int(cut * len(file)) if cut < 1 else int(cut)], FEATURES)


def test_other_shapes_heads_and_counts_are_refused(learned):
    first, second, third = learned.layers
    wrong = [
        broken(learned, layers=(first, third)),
        broken(learned, layers=(first, second)),
        broken(learned, layers=()),
        broken(learned, layers=(first, second, (third[0], third[1][:-1]))),
        broken(learned, happened=-learned.happened - 1),
        broken(learned, happened=learned.happened[:3]),
        learned.packed().replace(b"h\0\0\0i\0\0\0d\0\0\0e\0\0\0", b"h\0\0\0i\0\0\0d\0\0\0y\0\0\0"),
        b"not a model at all",
    ]
    for file in wrong:
        with pytest.raises(BadModel):
            unpacked(file, FEATURES)
    with pytest.raises(BadModel):
        unpacked(learned.packed(), FEATURES + 1)

"""What is believed: the prior until there is data, the model in the measure of what it has seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ranking import prior
from ranking.belief import OF_VIEWER, moved_creation, probabilities, top_terms
from ranking.features import FEATURES, packed, unpacked
from ranking.network import HEADS, Learned
from ranking.services import rank
from ranking.types import SOURCES, Source
from tests.ranking.making import NOW
from tests.ranking.test_value import candidates, row, viewer

CREATE = HEADS.index("create")


def learned(seen: float, of: str = "age", much: float = 2.0) -> Learned:
    """A model of one layer that likes one feature, and has seen so much of everything."""
    weights = np.zeros((len(FEATURES), len(HEADS)), np.float32)
    weights[FEATURES.index(of), : CREATE + 5] = much
    return Learned(((weights, np.full(len(HEADS), -3, np.float32)),), np.full(len(HEADS), seen))


def known(count: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, len(FEATURES))).astype(np.float32)


def test_without_a_model_it_is_the_prior():
    found = abs(known())
    believed = probabilities(found)
    assert {head: believed[head].tolist() for head in believed} == {
        head: (1 / (1 + np.exp(-logit))).tolist()
        for head, logit in zip(prior.HEADS, prior.logits(found).T, strict=True)
    }


def test_a_model_that_has_seen_nothing_changes_nothing():
    found = abs(known())
    assert probabilities(found, learned(0))["create"] == pytest.approx(
        probabilities(found)["create"]
    )


def test_a_model_that_has_seen_much_is_believed():
    found = abs(known())
    model = learned(1e9)
    assert probabilities(found, model)["create"] == pytest.approx(
        model.probabilities(found)["create"]
    )


def test_forty_times_is_half_the_way():
    found = abs(known())
    half = probabilities(found, learned(40))["post"]
    logits = [np.log(p / (1 - p)) for p in (probabilities(found)["post"],
              learned(40).probabilities(found)["post"], half)]  # fmt: skip
    assert logits[2] == pytest.approx((logits[0] + logits[1]) / 2)


def test_a_head_that_was_never_seen_to_happen_is_left_to_the_prior():
    found, model = abs(known()), learned(1e9)
    happened = model.happened.copy()
    happened[HEADS.index("report")] = 0
    believed = probabilities(found, replace(model, happened=happened))
    assert believed["report"] == pytest.approx(probabilities(found)["report"])
    assert believed["hide"] != pytest.approx(probabilities(found)["hide"])


def test_a_models_page_says_which_model_and_orders_by_it():
    old, new = row(1, hours=40), row(2, hours=1)
    both = candidates(old, new)
    by_prior = rank(viewer(), both, NOW, seed=1)
    by_model = rank(viewer(), both, NOW, 1, replace(learned(1e9), name="model-7"))
    assert (by_prior.policy, by_model.policy) == ("prior-1", "model-7")
    assert by_prior.item[by_prior.value.argmax()] == new.id
    assert by_model.item[by_model.value.argmax()] == old.id


def test_what_moved_creation_is_exactly_what_is_lost_without_it():
    found, model = abs(known()), learned(40, of="friend")
    moved = moved_creation(found, model)
    for feature in range(len(FEATURES)):
        without = found.copy()
        without[:, feature] = 0
        of_model = model.logits(found)[:, CREATE] - model.logits(without)[:, CREATE]
        of_prior = found[:, feature] * prior.CREATE[feature]
        assert moved[:, feature] == pytest.approx((of_model + of_prior) / 2, abs=1e-4)


def test_the_top_terms_of_a_model_are_its_own():
    found = np.zeros((1, len(FEATURES)))
    found[0, [FEATURES.index("friend"), FEATURES.index("templated")]] = 1
    assert top_terms(found, learned(1e12, of="templated")) == [[("templated", 2.0)]]


def test_what_is_the_same_for_every_item_explains_none():
    found = np.zeros((1, len(FEATURES)))
    found[0, OF_VIEWER] = 5
    assert top_terms(found, learned(1e12, of="known")) == [[]]


# --- the columns ----------------------------------------------------------------------------------


def test_columns_stand_where_their_names_do():
    one = row(1, hours=12, depth=1, template=7, likes=9, impressions=60)
    habits = replace(
        viewer().habits, created=3, served=50, authors={5: 2.0}, sitting=7, made_now=True
    )
    found = rank(viewer(habits=habits), candidates(one), NOW, seed=1).found[0]
    told = dict(zip(FEATURES, found.round(3).tolist(), strict=True))
    expected = {
        "age": 0.5, "depth": np.log(2), "tried": np.log(61), "heard": 0.9, "templated": 1,
        "affinity": np.log(3), "own_rate": np.log(2), "known": np.log(51), "sitting": np.log(8),
        "made_now": 1, f"from_{Source.LATEST}": 1, "place": 0,
    }  # fmt: skip
    assert {name: told[name] for name in expected} == pytest.approx(expected, abs=1e-3)
    assert [name for name in FEATURES if name.startswith("from_")] == [f"from_{s}" for s in SOURCES]


def test_what_is_like_what_one_makes_and_watches_is_nearer():
    vector = np.zeros(32, np.float32)
    vector[3] = 1
    one = row(1, vector=vector.astype("<f2").tobytes())
    likes = {"create_profile": 5 * vector, "watch_profile": -vector, "steer": vector}
    found = rank(viewer(**likes), candidates(one), NOW, seed=1).found[0]
    at = [FEATURES.index(name) for name in ("like_mine", "like_watched", "asked_for")]
    assert found[at].tolist() == [1, -1, 1]


def test_what_was_logged_in_other_columns_is_not_read():
    found = known()
    kept = packed(found)
    assert unpacked(kept, 5) == pytest.approx(found, abs=2e-3)
    assert (unpacked(kept, 4), unpacked(b"other" + kept[5:], 5), unpacked(kept[:-2], 5)) == (
        None,
    ) * 3
    assert unpacked(b"", 0) is None

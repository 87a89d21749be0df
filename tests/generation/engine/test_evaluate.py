"""Judging a model: the judges learn what is drawn, and every figure of the card comes out."""

import json

import numpy as np
import pytest

from generation.engine import evaluate, judges
from generation.engine.drawn import clips
from generation.engine.drawn.scene import VOCABULARY, held_out, labels
from generation.engine.folder import codecs
from tests.generation.engine.conftest import SHIPPED

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]


@pytest.fixture(scope="module")
def codec():
    return codecs(SHIPPED)[0]


@pytest.fixture(scope="module")
def bench(codec, tmp_path_factory):
    """Judges who have seen few clips."""
    path = tmp_path_factory.mktemp("judges") / "judges.pt"
    return judges.kept(path, codec, 60, lambda line: None), path


def test_judges_learn_what_a_clip_shows(bench):
    taught, _ = bench
    scenes = [evaluate.scene_of(number) for number in range(24)]
    seen = [taught.see(judges.true_clip(scene, clips.SHAPES[0])[0]) for scene in scenes]
    right = [saw["light"] == scene.light for saw, scene in zip(seen, scenes, strict=True)]
    assert np.mean(right) > 0.6  # one in three by chance
    assert all(saw[name] in VOCABULARY[name] for saw in seen for name in VOCABULARY)


def test_judges_are_kept_for_the_same_codec_alone(bench, codec, tmp_path):
    taught, path = bench
    frames, sound = judges.true_clip(evaluate.scene_of(3), clips.SHAPES[1])
    again = judges.kept(path, codec, 1, lambda line: pytest.fail(line))
    assert again.see(frames) == taught.see(frames)
    assert again.hear(sound) == taught.hear(sound)
    other, told = codecs(SHIPPED)[0], []
    other.frame_basis += 1
    judges.kept(path, other, 1, told.append)
    assert told


def test_every_other_prompt_has_a_pair_that_training_never_showed():
    assert [held_out(evaluate.scene_of(number)) for number in range(6)] == [True, False] * 3


def test_a_prompt_is_asked_for_what_it_tells():
    scene = evaluate.scene_of(1)
    assert set(evaluate.asked(scene)) <= set(labels(scene))
    assert evaluate.prompt_of(scene) == evaluate.prompt_of(scene)


def test_every_figure_of_the_card_comes_out(engine, bench):
    found = evaluate.evaluation(engine, bench[0], prompts=6, edits=1)
    assert {"place", "light", "place by ear"} <= set(found["agreement"])
    for row in found["agreement"].values():
        assert 0 <= row["model"] <= 1
        assert 0 <= row["true"] <= 1
    assert min(found["loop_step"], found["extend_step"], found["blend_step"]) > 0
    assert found["flicker"]["true"] > 0
    assert "| place |" in evaluate.table(found)
    json.dumps(found)

"""Open models that look after safety: tiny checkpoints of their classes, saved and loaded, and what
is refused."""

import json

import numpy as np
import pytest
import torch

from generation.engine import classifying, transcribing
from generation.engine.loading import BadModel, labels_of
from tests.generation.screening import tiny

pytestmark = pytest.mark.xdist_group("engine")
SHOWN = np.random.default_rng(1).integers(0, 256, (11, 40, 30, 3), np.uint8)


@pytest.fixture(autouse=True)
def _unloaded():
    yield
    classifying.unload()
    transcribing.load.cache_clear()


def model_in(folder):
    return classifying.load(folder)[0]


def test_pictures_get_a_score_of_each_label(tmp_path):
    model, known = classifying.load(tiny.pictures(tmp_path, {"Normal": 0.0, "NSFW": 2.0}))
    found = model.scores(SHOWN)
    assert len(found) == len(SHOWN) > classifying.TOGETHER
    assert found[0] == pytest.approx({"normal": 0.1192, "nsfw": 0.8808}, abs=1e-4)
    assert len(known) == 64
    assert labels_of(tmp_path) == ["normal", "nsfw"]


def test_what_a_picture_shows_matters(tmp_path):
    model = model_in(tiny.pictures(tmp_path, {"normal": 0, "nsfw": 0}, fixed=False))
    dark, noise = model.scores([np.zeros_like(SHOWN[0]), SHOWN[0]])
    assert dark != pytest.approx(noise, abs=1e-3)


def test_labels_of_which_several_may_be_true_are_scored_apart(tmp_path):
    says = {"hate": 3.0, "violence": 3.0}
    kind = {"problem_type": "multi_label_classification"}
    (found,) = model_in(tiny.texts(tmp_path, says, **kind)).scores(["a red fox"])
    assert found == pytest.approx(dict.fromkeys(says, 0.9526), abs=1e-4)


def test_a_long_text_is_read_to_its_end(tmp_path):
    model = model_in(tiny.texts(tmp_path, {"ok": 0, "hate": 0}, fixed=False))
    begin = "red fox rain " * 40
    first, second = model.scores([begin + "beach", begin + "nice " * 9])
    assert first != second


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        ("safe", ["safe"]),
        ("\n\nsafe", ["safe"]),
        ("unsafe\nS1,S10", ["unsafe", "s1", "s10"]),
        ("unsafe", ["unreadable"]),
        ("I cannot help", ["unreadable"]),
        ("", ["unreadable"]),
    ],
)
def test_a_written_verdict_is_read_strictly(answer, labels):
    assert classifying.labels_in(answer) == labels


@pytest.mark.parametrize("answer", ["safe", "nice"])
def test_a_guard_model_writes_its_verdict(tmp_path, answer):
    says = ["safe"] if answer == "safe" else ["unreadable"]
    (found,) = model_in(tiny.guard(tmp_path, answer)).scores(["a red fox"])
    assert found == dict.fromkeys(says, 1.0)


def test_what_is_too_long_for_a_guard_model_is_not_taken_for_safe(tmp_path):
    (found,) = model_in(tiny.guard(tmp_path, "safe")).scores(["fox " * 128])
    assert found == {"unreadable": 1.0}


def test_a_guard_without_a_form_of_conversation_is_refused(tmp_path):
    tiny.guard(tmp_path, "safe")
    tiny.words(tmp_path)
    (tmp_path / "chat_template.jinja").unlink(missing_ok=True)
    with pytest.raises(BadModel, match="no_chat_template"):
        classifying.load(tmp_path)


def test_what_is_spoken_is_written_down_piece_by_piece(tmp_path):
    scribe, known = transcribing.load(tiny.speech(tmp_path, "white power"))
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, 5 * scribe.rate).astype(np.float32)
    noise[2 * scribe.rate : 4 * scribe.rate] = 0
    said = scribe.pieces(noise)
    assert [at for at, _ in said] == [0.0, 4.0]
    assert {word for _, text in said for word in text.split()} == {"white", "power"}
    assert (len(known), scribe.rate) == (64, 16_000)
    assert scribe.pieces(noise[:0]) == []


def test_pickled_weights_code_and_strange_classes_are_refused(tmp_path):
    tiny.pictures(tmp_path, {"normal": 0.0, "nsfw": 2.0})
    config = tmp_path / "config.json"
    said = json.loads(config.read_text())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(BadModel, match="pickled"):
        classifying.load(tmp_path)
    (tmp_path / "pytorch_model.bin").unlink()
    config.write_text(json.dumps(said | {"auto_map": {"AutoModel": "own.Model"}}))
    with pytest.raises(BadModel, match="custom_code"):
        classifying.load(tmp_path)
    config.write_text(json.dumps(said | {"architectures": ["ViTModel"]}))
    with pytest.raises(BadModel, match="unknown_class"):
        classifying.load(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(BadModel, match="no_weights"):
        classifying.load(tmp_path)

"""What a model can do is known from JSON, and what it cannot is refused by name."""

import json
import subprocess
import sys

import pytest

from generation.engine.capabilities import LTX2, as_card, capabilities_of, check
from generation.engine.types import Unsupported
from tests.generation.engine.conftest import SHIPPED


def folder(tmp_path, family="LTX2InContextPipeline", **card):
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": family}))
    if card:
        (tmp_path / "sora.json").write_text(json.dumps({"capabilities": card}))
    return tmp_path


def refused(**asked):
    plain = {"width": 96, "height": 96, "frames": 17}
    with pytest.raises(Unsupported) as no:
        check(capabilities_of(SHIPPED), **plain | asked)
    return no.value.field


def test_capabilities_are_read_without_torch():
    script = (
        "import sys; from pathlib import Path;"
        "from generation.engine.capabilities import capabilities_of;"
        f"print(capabilities_of(Path({str(SHIPPED)!r})).family,"
        " {'torch', 'diffusers', 'transformers'} & set(sys.modules))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["sora-small", "set()"]


def test_the_shipped_model_says_what_it_can_do():
    able = capabilities_of(SHIPPED)
    assert able.modes == {"text", "first_frame", "references", "remix"}
    assert able.sizes == ((96, 96),)
    assert (able.max_seconds, able.fps, able.max_references, able.sound) == (2.0, 8, 3, True)


@pytest.mark.parametrize(("seconds", "frames"), [(0.1, 5), (1, 9), (2, 17)])
def test_seconds_become_frames_the_model_can_make(seconds, frames):
    assert capabilities_of(SHIPPED).frames_for(seconds) == frames


def test_plain_weights_of_a_known_family_need_no_card(tmp_path):
    assert capabilities_of(folder(tmp_path)) == LTX2


def test_a_card_narrows_its_family(tmp_path):
    able = capabilities_of(folder(tmp_path, sizes=[[64, 32]], modes=["text"]))
    assert (able.sizes, able.modes, able.fps) == (((64, 32),), {"text"}, LTX2.fps)


def test_a_card_written_is_the_card_read(tmp_path):
    card = json.loads(json.dumps(as_card(LTX2)))
    assert capabilities_of(folder(tmp_path, **card)) == LTX2


def test_an_unknown_family_is_refused(tmp_path):
    with pytest.raises(Unsupported, match="NoSuchPipeline"):
        capabilities_of(folder(tmp_path, family="NoSuchPipeline"))


def test_what_the_model_can_do_passes():
    check(
        capabilities_of(SHIPPED),
        width=96,
        height=96,
        frames=17,
        references=3,
        first_frame=True,
        source=True,
    )


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"width": 97}, "size"),
        ({"frames": 0}, "frames"),
        ({"frames": 16}, "frames"),
        ({"frames": 21}, "frames"),
        ({"references": 4}, "references"),
    ],
)
def test_what_it_cannot_is_refused_by_name(asked, field):
    assert refused(**asked) == field


@pytest.mark.parametrize(
    ("mode", "asked"),
    [
        ("first_frame", {"first_frame": True}),
        ("references", {"references": 1}),
        ("remix", {"source": True}),
    ],
)
def test_a_mode_the_model_lacks_is_refused(tmp_path, mode, asked):
    able = capabilities_of(folder(tmp_path, sizes=[[96, 96]], modes=["text"]))
    with pytest.raises(Unsupported, match=mode):
        check(able, width=96, height=96, frames=17, **asked)

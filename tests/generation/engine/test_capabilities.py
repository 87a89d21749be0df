"""What a model can do is known from JSON, and what it cannot is refused by name."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from generation.engine.capabilities import NEEDED, as_card, capabilities_of, check, modes_of
from generation.engine.families import LTX2
from generation.engine.takes import Primitive
from generation.engine.types import Mode, RenderRequest, Shot, Tier, Unsupported
from tests.generation.engine.conftest import SHIPPED


def folder(tmp_path, family="LTX2InContextPipeline", **card):
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": family}))
    if card:
        (tmp_path / "sora.json").write_text(json.dumps({"capabilities": card}))
    return tmp_path


CLIP, OTHER, PICTURE = Path("clip.mp4"), Path("other.mp4"), Path("picture.png")  # need not exist


def asking(**changes):
    """A request that plain LTX-2 weights can serve, changed so."""
    plain = {"width": 768, "height": 512, "frames": 49, "fps": 24, "steps": 30, "guidance": 3.0}
    return RenderRequest("a ball", 1, **plain | changes)


def refused(able=None, **changes):
    with pytest.raises(Unsupported) as no:
        check(able or usual(), asking(**changes))
    return no.value.field


def usual():
    return replace(LTX2.usual, modes=modes_of(LTX2.primitives))


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
    assert able.modes == frozenset(Mode)
    assert all(side % 32 == 0 for size in able.sizes for side in size)
    assert able.max_references == 3
    assert able.sound
    assert able.memory_gib <= 2


@pytest.mark.parametrize(("seconds", "frames"), [(0.1, 9), (1, 25), (2, 49)])
def test_seconds_become_frames_the_model_can_make(seconds, frames):
    assert usual().frames_for(seconds) == frames


def test_plain_weights_of_a_known_family_need_no_card(tmp_path):
    assert capabilities_of(folder(tmp_path)) == usual()


def test_a_card_narrows_its_family(tmp_path):
    able = capabilities_of(folder(tmp_path, sizes=[[64, 32]], modes=["text"]))
    assert (able.sizes, able.modes, able.fps) == (((64, 32),), {"text"}, LTX2.usual.fps)


def test_a_card_written_is_the_card_read(tmp_path):
    able = replace(usual(), modes=frozenset({Mode.TEXT}), tiers={Tier.DRAFT: 4})
    card = json.loads(json.dumps(as_card(able)))
    assert capabilities_of(folder(tmp_path, **card)) == able


def test_an_unknown_family_is_refused(tmp_path):
    with pytest.raises(Unsupported, match="NoSuchPipeline"):
        capabilities_of(folder(tmp_path, family="NoSuchPipeline"))


@pytest.mark.parametrize("mode", Mode)
def test_a_mode_needs_each_of_its_primitives(mode):
    needed = NEEDED[mode]
    assert mode in modes_of(frozenset(needed))
    for primitive in needed:
        assert mode not in modes_of(frozenset(Primitive) - {primitive})


@pytest.mark.parametrize(
    "asks",
    [
        {},
        {"frames": 1},
        {"references": (PICTURE,) * 3},
        {"first_frame": PICTURE, "last_frame": PICTURE},
        {"loop": True, "first_frame": PICTURE},
        {"task": Mode.EXTEND, "source": CLIP},
        {"task": Mode.EXTEND_BACK, "source": CLIP},
        {"task": Mode.RESTYLE, "source": CLIP, "strength": 0.05},
        {"task": Mode.RECAST, "source": CLIP, "references": (PICTURE,)},
        {"task": Mode.BLEND, "source": CLIP, "other": OTHER},
        {"task": Mode.INPAINT, "source": CLIP, "mask": PICTURE},
        {"task": Mode.INPAINT, "source": CLIP, "span": (0.5, 1)},
        {"shots": (Shot("a ball", 25),) * 6, "frames": 150},
        {"tier": Tier.PREVIEW},
    ],
)
def test_what_the_model_can_do_passes(asks):
    check(usual(), asking(**asks))


@pytest.mark.parametrize(
    ("asks", "field"),
    [
        ({"width": 769}, "size"),
        ({"width": 512, "height": 512}, "size"),
        ({"fps": 25}, "fps"),
        ({"frames": 0}, "frames"),
        ({"frames": 48}, "frames"),
        ({"frames": 249}, "frames"),
        ({"steps": 0}, "steps"),
        ({"steps": 1000}, "steps"),
        ({"guidance": float("nan")}, "guidance"),
        ({"guidance": -1.0}, "guidance"),
        ({"strength": 0.0}, "strength"),
        ({"strength": 1.1}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"references": (PICTURE,) * 4}, "references"),
        ({"task": Mode.RECAST, "source": CLIP}, "references"),
        ({"task": Mode.LOOP, "source": CLIP}, "task"),
        ({"source": CLIP}, "task"),
        ({"task": Mode.EXTEND}, "source"),
        ({"task": Mode.BLEND, "source": CLIP}, "other"),
        ({"task": Mode.EXTEND, "source": CLIP, "other": OTHER}, "other"),
        ({"mask": PICTURE}, "mask"),
        ({"task": Mode.INPAINT, "source": CLIP}, "mask"),
        ({"span": (0, 1)}, "span"),
        ({"task": Mode.INPAINT, "source": CLIP, "span": (-1, 1)}, "span"),
        ({"task": Mode.INPAINT, "source": CLIP, "span": (1, 1)}, "span"),
        ({"task": Mode.INPAINT, "source": CLIP, "span": (0, 10.5)}, "span"),
        ({"task": Mode.INPAINT, "source": CLIP, "span": (0, float("nan"))}, "span"),
        ({"task": Mode.INPAINT, "source": CLIP, "span": (0, float("inf"))}, "span"),
        ({"loop": True, "last_frame": PICTURE}, "last_frame"),
        ({"loop": True, "frames": 1}, "loop"),
        ({"loop": True, "task": Mode.EXTEND, "source": CLIP}, "loop"),
        ({"first_frame": PICTURE, "frames": 1}, "first_frame"),
        ({"first_frame": PICTURE, "task": Mode.EXTEND, "source": CLIP}, "first_frame"),
        ({"task": Mode.EXTEND, "source": CLIP, "frames": 1}, "frames"),
        ({"shots": (Shot("a ball", 25),) * 7}, "shots"),
        ({"shots": (Shot("a ball", 24),)}, "shots"),
        ({"shots": (Shot("a ball", 25),), "task": Mode.EXTEND, "source": CLIP}, "shots"),
    ],
)
def test_what_it_cannot_is_refused_by_name(asks, field):
    assert refused(**asks) == field


@pytest.mark.parametrize(
    ("mode", "asks"),
    [
        ("first_frame", {"first_frame": PICTURE}),
        ("references", {"references": (PICTURE,)}),
        ("restyle", {"task": Mode.RESTYLE, "source": CLIP}),
        ("loop", {"loop": True}),
        ("storyboard", {"shots": (Shot("a ball", 25),)}),
    ],
)
def test_a_mode_the_model_lacks_is_refused(mode, asks):
    assert refused(replace(usual(), modes=frozenset({Mode.TEXT})), **asks) == mode


def test_a_model_without_text_needs_a_reference():
    able = replace(usual(), modes=modes_of(frozenset({Primitive.REFERENCES})))
    assert refused(able) == "text"
    check(able, asking(references=(PICTURE,)))


def test_a_refusal_says_what_is_possible():
    with pytest.raises(Unsupported) as no:
        check(usual(), asking(width=100))
    assert no.value.possible == LTX2.usual.sizes

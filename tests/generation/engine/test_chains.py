"""Clips longer than one take of the model."""

from dataclasses import replace

import numpy as np
import pytest

from generation.engine.capabilities import check
from generation.engine.types import Mode, Unsupported
from tests.generation.engine.conftest import asked, psnr, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]
PROMPT, LONG = "a red ball in a meadow", 65  # frames: 8 seconds


@pytest.fixture(scope="module")
def long(engine):
    """A clip of two takes, and the steps that were told of it."""
    told = []
    request = asked(engine, PROMPT, frames=LONG, chained=True, steps=4)
    made = engine.render(request, lambda done, total: told.append((done, total)))
    return made, told


def test_it_has_as_many_frames_as_were_asked(long):
    made, _ = long
    assert len(made.frames) == LONG
    assert len(made.sound) == pytest.approx(LONG / made.fps * made.sample_rate, abs=2)
    assert len(made.takes) == 2


def test_the_second_take_goes_on_from_the_first(long):
    frames = long[0].frames.astype(float)
    steps = np.abs(np.diff(frames, axis=0)).mean((1, 2, 3))
    seam, usual = steps[40], np.median(steps)  # the first take has 41 frames
    assert seam < max(4 * usual, 12)


def test_its_steps_are_known_before_the_first(long):
    told = long[1]
    assert {total for _, total in told} == {8}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (8, 8)


def test_a_given_clip_is_kept_and_goes_on(engine, long, tmp_path):
    start = long[0].frames[:33]
    path = write_clip(tmp_path / "start.mp4", start, 8)
    changes = {"task": Mode.EXTEND, "source": path, "frames": LONG, "chained": True, "steps": 2}
    made = engine.render(asked(engine, PROMPT, **changes), lambda done, total: None)
    assert len(made.frames) == 33 + LONG - 1
    assert made.kept == ((0, 33),)
    assert psnr(made.frames[20], start[20]) > 22


def test_a_long_clip_is_drawn_anew_whole(engine, long, tmp_path):
    path = write_clip(tmp_path / "long.mp4", long[0].frames[:64], 8)
    changes = {"task": Mode.RESTYLE, "source": path, "frames": LONG, "chained": True, "steps": 2}
    made = engine.render(asked(engine, PROMPT, **changes), lambda done, total: None)
    assert len(made.frames) == LONG


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"frames": LONG}, "frames"),
        ({"frames": 1 + 8 * 121, "chained": True}, "frames"),
        ({"frames": LONG, "chained": True, "loop": True}, "loop"),
        ({"frames": LONG, "chained": True, "task": Mode.RECAST}, "references"),
    ],
)
def test_what_cannot_be_chained_is_refused(engine, changes, field):
    with pytest.raises(Unsupported) as no:
        check(engine.capabilities, replace(asked(engine, PROMPT), **changes))
    assert no.value.field in (field, "chained")

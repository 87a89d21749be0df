"""Copies of a clip are told from clips of the same person."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from cameos import services
from cameos.copies import compared
from cameos.models import Capture
from cameos.prints import ALIKE, COPY, NOTHING, both_ways, distance, prints
from cameos.verifying import Finding
from demo.capture import Pose, poses, write_clip
from sora_social.uploads import read_clip
from tests.cameos.making import draft_cameo, template
from tests.cameos.test_judging import captured
from tests.faces.drawn import Drawn
from tests.people import person

Frames = Sequence[np.ndarray]
TURNS = ("left", "right", "up")


@cache
def filmed(seed: int = 5, turns: tuple[str, ...] = TURNS) -> list[np.ndarray]:
    """A head that turns, with the noise of a camera."""
    return noisy([Drawn(seed).turned(*pose) for pose in poses(turns)])


def noisy(frames: Frames, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    shown = [frame + rng.normal(0, 4, frame.shape) for frame in frames]
    return [np.clip(frame, 0, 255).astype(np.uint8) for frame in shown]


def again(seed: int) -> list[np.ndarray]:
    """The same head, room and turns, another time: nobody moves twice alike."""
    rng = np.random.default_rng(seed)
    path = [
        (yaw + rng.normal(0, 0.7), pitch + rng.normal(0, 0.7)) for yaw, pitch in paced(poses(TURNS))
    ]
    return noisy(swaying([Drawn(5).turned(*pose) for pose in path], rng), seed)


def paced(path: Sequence[Pose]) -> list[Pose]:
    """A little faster here, slower there."""
    when = np.linspace(0, 1, len(path) + 4) ** 1.15 * (len(path) - 1)
    yaw, pitch = (np.interp(when, range(len(path)), side) for side in zip(*path, strict=True))
    return list(zip(yaw.tolist(), pitch.tolist(), strict=True))


def swaying(frames: Frames, rng: np.random.Generator) -> list[np.ndarray]:
    steps = np.cumsum(rng.normal(0, (1.2, 0.8), (len(frames), 2)), axis=0)
    size = frames[0].shape[1::-1]
    return [
        cv2.warpAffine(
            frame, np.float32([[1, 0, x], [0, 1, y]]), size, borderMode=cv2.BORDER_REFLECT
        )
        for frame, (x, y) in zip(frames, steps, strict=True)
    ]


def sent(frames: Frames, folder: Path, **how: float) -> list[np.ndarray]:
    """Frames as they come out of an uploaded clip."""
    return list(read_clip(write_clip(frames, folder / "clip.mp4", **how)).frames)


def small(frames: Frames) -> list[np.ndarray]:
    return [cv2.resize(frame, (200, 180)) for frame in frames]


def bright(frames: Frames) -> list[np.ndarray]:
    return [np.clip(frame * 1.2 + 15, 0, 255).astype(np.uint8) for frame in frames]


COPIES = {
    "coded anew": (lambda frames: frames, {"crf": 36}),
    "smaller": (small, {"crf": 30}),
    "trimmed": (lambda frames: frames[6:-4], {"crf": 30}),
    "brighter": (bright, {}),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_known(how, tmp_path):
    change, options = COPIES[how]
    original = prints(sent(filmed(), tmp_path))
    assert distance(prints(sent(change(filmed()), tmp_path, **options)), original) <= COPY


def test_a_copy_in_a_mirror_is_known_as_well(tmp_path):
    original = prints(sent(filmed(), tmp_path))
    as_sent, unmirrored = both_ways(sent([frame[:, ::-1] for frame in filmed()], tmp_path, crf=33))
    assert distance(as_sent, original) > ALIKE
    assert distance(unmirrored, original) <= COPY


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_person_filmed_again_is_no_copy(seed, tmp_path):
    assert distance(prints(sent(again(seed), tmp_path)), prints(sent(filmed(), tmp_path))) > ALIKE


def test_another_order_of_turns_is_no_copy(tmp_path):
    other = filmed(5, ("up", "left", "right"))
    assert distance(prints(sent(other, tmp_path)), prints(sent(filmed(), tmp_path))) > ALIKE


def test_what_stands_still_has_no_prints_and_is_like_nothing():
    still = prints(noisy([Drawn(5).turned(0, 0)] * 12))
    assert not still.any()
    assert distance(still, prints(filmed())) == NOTHING
    assert distance(still, still) == NOTHING
    assert distance(prints(filmed()[:2]), prints(filmed())) == NOTHING


def test_a_clip_is_nothing_from_itself():
    assert distance(prints(filmed()), prints(filmed())) == 0


# --- captures ---


@pytest.fixture
def earlier(pack, tmp_path) -> Capture:
    """A capture of somebody's that was looked at, and refused for its turns."""
    capture = captured(draft_cameo(person()), tmp_path)
    assert compared(capture, shown(filmed())).reasons == ()
    return Capture.objects.get(pk=capture.pk)


def shown(frames: Frames) -> Finding:
    return Finding(True, template=template(1), prints=both_ways(frames))


@pytest.mark.django_db
def test_a_copy_of_somebodys_capture_is_refused(earlier, tmp_path):
    capture = captured(draft_cameo(person()), tmp_path)
    found = compared(capture, shown(sent(filmed(), tmp_path, crf=33)))
    assert (found.passed, found.reasons, found.template) == (False, ("replayed",), None)
    mirror = compared(capture, shown([frame[:, ::-1] for frame in filmed()]))
    assert mirror.reasons == ("replayed",)


@pytest.mark.django_db
def test_a_new_capture_is_not(earlier, tmp_path):
    capture = captured(draft_cameo(person()), tmp_path)
    found = compared(capture, shown(again(1)))
    assert (found.passed, found.reasons, found.doubts) == (True, (), ())


@pytest.mark.django_db
def test_a_capture_is_no_copy_of_itself(earlier):
    assert compared(earlier, shown(filmed())).reasons == ()


@pytest.mark.django_db
def test_the_prints_go_with_the_likeness(earlier):
    assert len(bytes(earlier.prints)) == 8 * len(filmed())
    services.revoke(earlier.challenge.cameo)
    assert bytes(Capture.objects.get(pk=earlier.pk).prints) == b""

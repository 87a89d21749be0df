"""A clip exactly as large and as long as it was asked for."""

from __future__ import annotations

import av
import numpy as np
import pytest

from generation.encoding import Delivery, encode
from generation.renditions import FILES

FPS, RATE = 8, 16_000


def frames(count: int, width: int = 160, height: int = 288) -> np.ndarray:
    """Frames that say their number in red and their column in green."""
    made = np.zeros((count, height, width, 3), np.uint8)
    made[..., 0] = np.arange(count)[:, None, None]
    made[..., 1] = np.arange(width)[None, None, :]
    return made


@pytest.mark.parametrize(
    ("size", "inner"),
    [((720, 1280), (160, 284)), ((1024, 1792), (160, 280)), ((640, 640), (160, 160))],
)
def test_the_middle_of_the_asked_shape_is_kept(size, inner):
    fitted = Delivery(*size, 4.0).fit(frames(33), FPS)
    assert (len(fitted), fitted.shape[2], fitted.shape[1]) == (32, *inner)


def test_a_wider_picture_loses_both_sides_alike():
    fitted = Delivery(100, 288, 1.0).fit(frames(9), FPS)
    assert (fitted[0, 0, 0, 1], fitted[0, 0, -1, 1]) == (30, 129)


def test_what_is_too_short_holds_its_last_frame():
    fitted = Delivery(720, 1280, 2.0).fit(frames(9), FPS)
    assert fitted[:, 0, 0, 0].tolist() == [*range(9), *[8] * 7]


def test_the_file_has_exactly_the_asked_size_and_length(tmp_path):
    sound = np.zeros(RATE * 2, np.float32)
    made = encode(frames(17), FPS, sound, RATE, tmp_path, delivery=Delivery(720, 1280, 2.0))
    assert (made.width, made.height, made.seconds) == (720, 1280, 2.0)
    with av.open(str(tmp_path / FILES["video"].file)) as film:
        shown = [(frame.width, frame.height) for frame in film.decode(video=0)]
    assert shown == [(720, 1280)] * 16

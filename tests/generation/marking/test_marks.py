"""A number in the pixels: there after what people do to pictures, unseen, and nobody else's."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.marking import code, reading
from generation.marking.pattern import pattern
from generation.marking.stamp import Stamp
from tests.generation.marking.pictures import drawn, filmed

OURS, OTHERS = pattern(b"ours"), pattern(b"somebody else's")
NUMBER = 0x1234567890
numbers = st.integers(0, (1 << code.NUMBER_BITS) - 1)


@pytest.fixture(scope="module")
def clip():
    return drawn(1)


@pytest.fixture(scope="module")
def marked(clip):
    stamp = Stamp(OURS.tile(NUMBER))
    return [stamp.press(frame) for frame in clip]


def read(frames, key=OURS):
    return [mark.number for mark in reading.look(frames, key).marks]


@settings(max_examples=30, deadline=None)
@given(numbers, st.integers(0, 2**32 - 1))
def test_a_number_is_read_though_any_seven_bits_are_wrong(number, seed):
    said = 2.0 * code.encode(number) - 1
    wrong = np.random.default_rng(seed).permutation(code.CODED_BITS)[:7]
    said[wrong] *= -1
    assert code.decode(said) == number


def test_noise_is_no_number():
    rng = np.random.default_rng(0)
    read_as = [code.decode(rng.standard_normal(code.CODED_BITS)) for _ in range(200)]
    assert read_as.count(None) >= 199


def test_a_number_that_has_too_many_bits_is_refused():
    with pytest.raises(ValueError, match="40 bits"):
        code.encode(1 << code.NUMBER_BITS)


TREATMENTS = {
    "as it was": lambda frames: frames,
    "one frame": lambda frames: frames[4:5],
    "as it is served": lambda frames: filmed(frames, 18, (320, 576)),
    "its small rendition": lambda frames: filmed(frames, 24),
    "encoded again and again": lambda frames: filmed(filmed(frames, 23, (320, 576)), 28),
    "enlarged": lambda frames: filmed(frames, 28, (720, 1296)),
    "cut by a tenth": lambda frames: [f[30:546, 16:304] for f in filmed(frames, 20, (320, 576))],
    "cut to a corner": lambda frames: [f[:430, :240] for f in filmed(frames, 20, (320, 576))],
    "every third frame": lambda frames: filmed(frames[::3], 23, (320, 576)),
    "on a screen": lambda frames: [
        np.pad(f, ((150, 90), (40, 60), (0, 0)), constant_values=230)
        for f in filmed(frames, 23, (320, 576))
    ],
    "jpeg": lambda frames: [
        cv2.imdecode(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 70])[1], 1)
        for frame in filmed(frames, 18, (320, 576))[:1]
    ],
}


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_the_number_is_read_after(treatment, marked):
    assert read(TREATMENTS[treatment](marked)) == [NUMBER]


def test_nothing_is_read_in_what_is_not_marked_or_with_another_key(clip, marked):
    assert not reading.look(clip, OURS).is_marked
    assert not reading.look(marked, OTHERS).is_marked
    assert read([]) == []


def test_two_marks_over_each_other_are_both_read(clip):
    stamps = [Stamp(OURS.tile(number)) for number in (NUMBER, 77)]
    twice = [stamps[1].press(stamps[0].press(frame)) for frame in clip]
    assert sorted(read(twice)) == [77, NUMBER]


def test_a_mark_moves_no_pixel_far(clip, marked):
    moved = np.abs(np.asarray(marked, int) - clip)
    assert moved.max() <= 16
    assert np.mean([cv2.PSNR(*pair) for pair in zip(clip, marked, strict=True)]) > 39


def test_an_even_surface_is_hardly_touched():
    grey = np.full((288, 160, 3), 128, np.uint8)
    moved = Stamp(OURS.tile(NUMBER)).press(grey).astype(int) - 128
    assert moved.std() < 1.2
    assert np.abs(moved).max() <= 6

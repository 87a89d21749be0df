"""Where two clips meet: nothing clicks, and a mask's outside stays as it was."""

import numpy as np
import pytest

from generation.engine.joining import FADE, SOFT, composed, eased, joined, looping, softened

RATE = 16_000


def tone(seconds, level=0.5):
    return np.full(round(seconds * RATE), level, np.float32)


def test_joined_sounds_keep_their_length_and_meet_in_silence():
    heard = joined([tone(1), tone(0.5, -0.5)], RATE)
    fade = round(FADE / 2 * RATE)
    assert len(heard) == round(1.5 * RATE)
    assert (heard[: RATE - fade] == 0.5).all()
    assert (heard[RATE + fade :] == -0.5).all()
    assert np.abs(np.diff(heard)).max() < 0.01


def test_nothing_joined_is_nothing():
    assert len(joined([], RATE)) == len(joined([tone(0)], RATE)) == 0


def test_sounds_shorter_than_the_fade_are_joined():
    assert len(joined([tone(0.001), tone(1), tone(0.001)], RATE)) == round(1.002 * RATE)


def test_given_sounds_are_left_as_they_are():
    one = tone(1)
    joined([one, tone(1)], RATE)
    assert (one == 0.5).all()


def test_a_loop_begins_with_what_would_follow_its_end():
    wave = np.sin(np.arange(RATE) * 0.05).astype(np.float32)
    loop = looping(wave, RATE - 2000)
    assert len(loop) == RATE - 2000
    assert abs(loop[0] - wave[RATE - 2000]) < 1e-3
    assert np.array_equal(loop[2000:], wave[2000 : RATE - 2000])


def test_a_sound_without_a_rest_loops_as_it_is():
    assert np.array_equal(looping(tone(1), RATE), tone(1))


@pytest.fixture
def mask():
    square = np.zeros((40, 40), bool)
    square[10:30, 10:30] = True
    return square


def test_a_mask_is_soft_within_itself_alone(mask):
    soft = softened(mask)
    assert not soft[~mask].any()
    assert (soft[10 + 2 * SOFT : 30 - 2 * SOFT, 10 + 2 * SOFT : 30 - 2 * SOFT] == 1).all()
    assert np.abs(np.diff(soft, axis=0)).max() < 0.5


def test_a_thin_mask_stays_hard():
    line = np.zeros((40, 40), bool)
    line[:, 20:22] = True
    assert np.array_equal(softened(line), line)


def test_outside_of_a_mask_pixels_are_the_sources(mask):
    source = np.full((3, 40, 40, 3), 77, np.uint8)
    made = np.full((3, 40, 40, 3), 200, np.uint8)
    mixed = composed(source, made, mask)
    assert (mixed[:, ~mask] == 77).all()
    assert (mixed[:, 20, 20] == 200).all()


def flat(*levels):
    """Small frames of one level each."""
    return np.stack([np.full((4, 4, 3), level, np.uint8) for level in levels])


def test_what_was_made_is_led_over_to_what_was_given():
    made = flat(100, 100, 100, 100, 100, 100)
    made_whole = eased(made, flat(140), None, reach=3)
    assert made_whole[:, 0, 0, 0].tolist() == [140, 130, 120, 110, 100, 100]


def test_both_ends_are_as_given():
    made = flat(100, 100, 100, 100, 100, 100, 100)
    made_whole = eased(made, flat(90, 120), flat(60, 50), reach=1)
    assert made_whole[:, 0, 0, 0].tolist() == [90, 120, 110, 100, 80, 60, 50]


def test_nothing_is_led_over_beyond_the_clip():
    assert eased(flat(9, 9), flat(20), None, reach=4)[:, 0, 0, 0].tolist() == [20, 18]

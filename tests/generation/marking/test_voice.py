"""A number in the sound: there after what people do to films, and nobody else's."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from generation.engine.drawn import scene, sounds
from generation.marking import voice

OURS, OTHERS = voice.script(b"ours"), voice.script(b"somebody else's")
NUMBER, RATE = 0x1234567890, voice.RATE


@pytest.fixture(scope="module")
def sound():
    rng = np.random.default_rng(1)
    return sounds.synthesise(scene.random_scene(rng), 3.0, rng)


@pytest.fixture(scope="module")
def marked(sound):
    return voice.press(sound, RATE, OURS.sheet(NUMBER))


def resampled(frame, rate):
    way = av.AudioResampler("fltp", "mono", rate, 1024)
    return [*way.resample(frame), *way.resample(None)]


def spoken(sound, bit_rate=96_000, rate=RATE):
    """The sound after AAC, at another rate perhaps."""
    frame = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as film:
        stream = film.add_stream("aac", rate=rate, layout="mono")
        stream.bit_rate = bit_rate
        for piece in resampled(frame, rate):
            film.mux(stream.encode(piece))
        film.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as film:
        to_mono = av.AudioResampler("fltp", "mono", RATE)
        parts = [part for one in film.decode(audio=0) for part in to_mono.resample(one)]
    return np.concatenate([part.to_ndarray()[0] for part in parts])


TREATMENTS = {
    "as it was": lambda sound: sound,
    "as it is served": spoken,
    "encoded again and again": lambda sound: spoken(spoken(spoken(sound), 64_000), 64_000),
    "at another rate": lambda sound: spoken(spoken(sound), 64_000, 44_100),
    "quieter": lambda sound: spoken(sound * 0.2),
    "its second half": lambda sound: spoken(sound)[len(sound) // 3 + 123 :],
    "with hiss": lambda sound: sound + 0.003 * np.random.default_rng(0).standard_normal(len(sound)),
}


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_it_is_heard_after(marked, treatment):
    assert voice.listen(TREATMENTS[treatment](marked), OURS).number == NUMBER


def test_it_is_not_heard_where_there_is_none_or_somebody_elses(sound, marked):
    for heard in (voice.listen(spoken(sound), OURS), voice.listen(spoken(marked), OTHERS)):
        assert not heard.is_marked
        assert heard.score < voice.SURE
    noise = np.random.default_rng(0).standard_normal((50, RATE))
    assert not any(voice.listen(each, OURS).is_marked for each in noise)


def test_it_lies_well_below_the_sound_and_in_its_length(sound, marked):
    assert marked.shape == sound.shape
    assert np.abs(marked).max() <= 1
    below = 10 * np.log10(np.square(sound).sum() / np.square(marked - sound).sum())
    assert below > 15


def test_of_two_that_lie_over_each_other_one_is_heard(marked):
    twice = voice.press(marked, RATE, OURS.sheet(NUMBER + 1))
    assert voice.listen(spoken(twice), OURS).number in (NUMBER, NUMBER + 1)


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100, 48_000])
def test_it_is_pressed_into_sound_of_any_rate(sound, rate):
    frame = av.AudioFrame.from_ndarray(sound[None], "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    given = np.concatenate([piece.to_ndarray()[0] for piece in resampled(frame, rate)])
    pressed = voice.press(given, rate, OURS.sheet(NUMBER))
    back = av.AudioFrame.from_ndarray(pressed[None].astype(np.float32), "fltp", "mono")
    back.sample_rate, back.pts, back.time_base = rate, 0, Fraction(1, rate)
    heard = np.concatenate([piece.to_ndarray()[0] for piece in resampled(back, RATE)])
    assert voice.listen(heard, OURS).number == NUMBER


@pytest.mark.parametrize("length", [0, 1, 100, 600])
def test_sound_too_short_for_it_says_nothing(length):
    sound = np.full(length, 0.5, np.float32)
    pressed = voice.press(sound, RATE, OURS.sheet(NUMBER))
    assert len(pressed) == length
    assert voice.listen(pressed, OURS).number is None


def test_silence_stays_silent():
    silence = np.zeros(RATE, np.float32)
    assert not voice.press(silence, RATE, OURS.sheet(NUMBER)).any()
    assert voice.listen(silence, OURS).number is None

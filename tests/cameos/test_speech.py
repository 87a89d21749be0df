"""Spoken digits: a real voice, the real recogniser."""

from __future__ import annotations

import numpy as np
import pytest

from cameos.speech import alike, check_digits, heard, speaks_english
from demo.voice import said, spoken
from sora_social.uploads import SOUND_RATE

LISTENS = "pocketsphinx"


def room(voice: np.ndarray | None = None, seconds: float = 4, noise: float = 0.003) -> np.ndarray:
    """The sound of a room, in which somebody may speak."""
    sound = np.random.default_rng(0).normal(0, noise, int(seconds * SOUND_RATE))
    if voice is not None:
        sound[4000 : 4000 + len(voice)] += voice / 2
    return sound.astype(np.float32)


def speaking(digits: str) -> np.ndarray:
    return room(spoken(digits, SOUND_RATE))


def test_digits_that_are_said_are_heard():
    assert heard(speaking("314")) == "314"


@pytest.mark.parametrize("digits", ["926", "580", "701", "842"])
def test_digits_that_are_said_pass(digits):
    assert check_digits(speaking(digits), digits, "en", LISTENS).reasons == ()


@pytest.mark.parametrize(
    ("said", "asked", "enough"),
    [
        ("314", "314", True),
        ("319", "314", True),
        ("319", "354", False),
        ("143", "314", False),
        ("31", "314", True),
        ("", "314", False),
    ],
)
def test_two_of_three_in_their_places_are_enough(said, asked, enough):
    assert alike(said, asked) is enough


@pytest.mark.parametrize(
    ("sound", "why"),
    [
        (None, ("no_sound",)),
        (np.zeros(4 * SOUND_RATE, np.float32), ("silent",)),
        (np.zeros(0, np.float32), ("silent",)),
        (room(), ("silent",)),
        (room(noise=0.05), ("digits",)),
    ],
)
def test_a_clip_in_which_nobody_says_them_is_refused(sound, why):
    found = check_digits(sound, "314", "en", LISTENS)
    assert (found.reasons, found.doubts) == (why, ())


def test_other_digits_and_other_words_are_refused():
    assert check_digits(speaking("926"), "314", "en", LISTENS).reasons == ("digits",)
    story = room(said("hello, my name is Ada and I like to walk", SOUND_RATE), seconds=6)
    assert check_digits(story, "314", "en", LISTENS).reasons == ("digits",)


@pytest.mark.parametrize(("language", "recogniser"), [("de", LISTENS), ("en", "off")])
def test_what_nobody_checked_is_a_doubt_and_never_a_pass(language, recogniser):
    found = check_digits(speaking("926"), "314", language, recogniser)
    assert (found.reasons, found.doubts) == ((), ("digits_unchecked",))


def test_without_a_recogniser_silence_is_refused_all_the_same():
    assert check_digits(room(), "314", "en", "off").reasons == ("silent",)


def test_english_is_told_from_its_tag():
    spoken_there = [speaks_english(tag) for tag in ("en", "en-GB", "EN-us", "eng", "de", "")]
    assert spoken_there == [True, True, True, False, False, False]

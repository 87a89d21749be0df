"""The only door to pocketsphinx: were the digits said that the challenge asked for?

It knows English and ten words. What it cannot judge, another language or no recogniser at all,
is a doubt and never a pass.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from sora_social.uploads import SOUND_RATE

RECOGNISERS = ("pocketsphinx", "off")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ALSO = {"oh": "0"}
RIGHT = 2  # of three, in their places; a random triple passes in 3 of 100 cases
MOMENT = SOUND_RATE // 4
QUIET = 0.004  # RMS of the loudest moment; speech into a telephone has ten times as much
DITHER = 1e-3  # the recogniser drops words after digital silence
GRAMMAR = """#JSGF V1.0;
grammar digits;
<digit> = {words};
public <digits> = <digit> <digit> <digit>;
"""


@dataclass(frozen=True)
class Said:
    """What a sound says about a challenge. `reasons` refuse it: no_sound, silent, digits;
    `doubts` send it to a moderator: digits_unchecked."""

    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def check_digits(sound: np.ndarray | None, digits: str, language: str, recogniser: str) -> Said:
    """Judge a clip's sound (S,) float32 mono 16 kHz; `recogniser` is one of RECOGNISERS."""
    if sound is None:
        return Said(reasons=("no_sound",))
    if _loudest(sound) < QUIET:
        return Said(reasons=("silent",))
    if recogniser == "off" or not speaks_english(language):
        return Said(doubts=("digits_unchecked",))
    return Said() if alike(heard(sound), digits) else Said(reasons=("digits",))


def speaks_english(language: str) -> bool:
    """Of a language tag such as en-GB."""
    return language.lower().split("-")[0] == "en"


def alike(said: str, asked: str) -> bool:
    """Are enough of the digits right, each in its place?"""
    return sum(a == b for a, b in zip(said, asked, strict=False)) >= RIGHT


def heard(sound: np.ndarray) -> str:
    """The three digits that a sound is likest to; none when it is like no digits."""
    ear = _ear()
    ear.start_utt()
    ear.process_raw(_as_pcm(sound), no_search=False, full_utt=True)
    ear.end_utt()
    guess = ear.hyp()
    spelled = {word: str(number) for number, word in enumerate(NUMBERS)} | ALSO
    return "".join(spelled[word] for word in guess.hypstr.split()) if guess else ""


def _loudest(sound: np.ndarray) -> float:
    """RMS of the loudest quarter of a second."""
    moments = sound[: len(sound) // MOMENT * MOMENT].reshape(-1, MOMENT)
    return float(np.sqrt((moments**2).mean(1)).max()) if len(moments) else 0.0


def _as_pcm(sound: np.ndarray) -> bytes:
    """16-bit samples as loud as speech is, over a faint noise."""
    level = 0.5 / max(float(np.abs(sound).max()), 1e-6)
    noise = np.random.default_rng(0).normal(0, DITHER, len(sound))
    return (np.clip(sound * level + noise, -1, 1) * 32767).astype("<i2").tobytes()


@cache
def _ear() -> Any:
    """The recogniser, which knows nothing but three digits in a row."""
    from pocketsphinx import Config, Decoder, get_model_path  # noqa: PLC0415 -- on first use

    with tempfile.NamedTemporaryFile("w", suffix=".gram") as grammar:
        grammar.write(GRAMMAR.format(words=" | ".join([*NUMBERS, *ALSO])))
        grammar.flush()
        how = Config(
            hmm=get_model_path("en-us/en-us"),
            dict=get_model_path("en-us/cmudict-en-us.dict"),
            jsgf=grammar.name,
            lm=None,
            samprate=float(SOUND_RATE),
            loglevel="FATAL",
        )
        return Decoder(how)

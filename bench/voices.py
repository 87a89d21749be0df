"""What the mark in the sound bears, and how often it is heard where it is not.

`python -m bench.voices` measures it on sounds of the drawn world, two and five seconds long.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np

from bench.costs import least
from bench.output import write
from generation.engine.drawn import scene, sounds
from generation.marking import voice

Sound = np.ndarray  # (n,) at voice.RATE
SCRIPT, NUMBER, RATE = voice.script(b"bench"), 0x5EED5EED5E, voice.RATE
SOUNDS, UNMARKED, LENGTHS = 24, 2_000, (2.0, 5.0)
OTHERS = [voice.script(b"other %d" % number) for number in range(16)]


def main() -> None:
    write({"robustness": robustness(), "false": unmarked(), "cost": cost()})


def aac(sound: Sound, bit_rate: int, rate: int = RATE) -> Sound:
    """The sound after AAC at a rate, read again at ours."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as film:
        stream = film.add_stream("aac", rate=rate, layout="mono")
        stream.bit_rate = bit_rate
        for piece in resampled(sound, RATE, rate):
            film.mux(stream.encode(piece))
        film.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as film:
        to_mono = av.AudioResampler("fltp", "mono", RATE)
        heard = [part for frame in film.decode(audio=0) for part in to_mono.resample(frame)]
    return np.concatenate([part.to_ndarray()[0] for part in heard])


def resampled(sound: Sound, given: int, wanted: int) -> list[av.AudioFrame]:
    frame = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = given, 0, Fraction(1, given)
    way = av.AudioResampler("fltp", "mono", wanted, 1024)
    return [*way.resample(frame), *way.resample(None)]


def faster(sound: Sound, share: float) -> Sound:
    """As a tape that runs too fast."""
    at = np.arange(0, len(sound) - 1, 1 + share)
    return np.interp(at, np.arange(len(sound)), sound)


def hiss(sound: Sound, below: float) -> Sound:
    """With noise so many dB below it."""
    noise = np.random.default_rng(1).standard_normal(len(sound))
    return sound + noise * np.sqrt(np.square(sound).mean()) * 10 ** (-below / 20)


TREATMENTS: dict[str, Callable[[Sound], Sound]] = {
    "as served (AAC 96 kb/s)": lambda s: s,
    "again at 64 kb/s": lambda s: aac(s, 64_000),
    "again at 32 kb/s": lambda s: aac(s, 32_000),
    "three times at 64 kb/s": lambda s: aac(aac(aac(s, 64_000), 64_000), 64_000),
    "at 44.1 kHz, 96 kb/s": lambda s: aac(s, 96_000, 44_100),
    "at 44.1 kHz, 48 kb/s": lambda s: aac(s, 48_000, 44_100),
    "a fifth as loud": lambda s: aac(s * 0.2, 64_000),
    "without its first 0.3 s": lambda s: aac(s[4_837:], 64_000),
    "its second half": lambda s: aac(s[len(s) // 2 :], 64_000),
    "hiss 20 dB below": lambda s: hiss(s, 20),
    "hiss 10 dB below": lambda s: hiss(s, 10),
    "faster by .1 %": lambda s: faster(s, 0.001),
    "faster by 1 %": lambda s: faster(s, 0.01),
}


def robustness() -> dict[str, Any]:
    """By length and treatment: of how many sounds the right number is heard, and wrong ones."""
    return {f"{seconds:g}_s": _borne(seconds) for seconds in LENGTHS}


def _borne(seconds: float) -> dict[str, Any]:
    plain = [drawn(seed, seconds) for seed in range(SOUNDS)]
    marked = [voice.press(sound, RATE, SCRIPT.sheet(NUMBER)) for sound in plain]
    served = [aac(sound, 96_000) for sound in marked]
    below = [
        10 * np.log10(np.square(one).sum() / np.square(other - one).sum())
        for one, other in zip(plain, marked, strict=True)
    ]
    found = {name: _heard(served, treat) for name, treat in TREATMENTS.items()}
    return {"of": SOUNDS, "db_below": round(float(np.mean(below)), 1), **found}


def _heard(served: list[Sound], treat: Callable[[Sound], Sound]) -> dict[str, Any]:
    heard = [voice.listen(treat(sound), SCRIPT) for sound in served]
    return {
        "read": sum(one.number == NUMBER for one in heard),
        "wrong_numbers": sum(one.number not in (None, NUMBER) for one in heard),
        "score": round(float(np.median([one.score for one in heard])), 1),
    }


def drawn(seed: int, seconds: float) -> Sound:
    rng = np.random.default_rng(seed)
    return sounds.synthesise(scene.random_scene(rng), seconds, rng)


def unmarked() -> dict[str, Any]:
    """Sounds without a mark, each with a key that nothing was marked with."""
    heard = [
        voice.listen(drawn(10**6 + number, 2.0), OTHERS[number % len(OTHERS)])
        for number in range(UNMARKED)
    ]
    scores = [one.score for one in heard]
    return {
        "sounds": UNMARKED,
        "numbers": sum(one.is_marked for one in heard),
        "over_sure": sum(score > voice.SURE for score in scores),
        "largest": round(max(scores), 2),
    }


def cost() -> dict[str, float]:
    """Seconds of CPU for ten seconds of sound."""
    sound, sheet = drawn(0, 10.0), SCRIPT.sheet(NUMBER)
    pressed = voice.press(sound, RATE, sheet)
    return {
        "press_s": least(lambda: voice.press(sound, RATE, sheet), 3)["cpu"],
        "listen_s": least(lambda: voice.listen(pressed, SCRIPT), 3)["cpu"],
    }


if __name__ == "__main__":
    main()

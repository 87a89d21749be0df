"""What a clip sounds like: the place's own noise, and what its people and things add."""

from collections.abc import Callable

import numpy as np

from generation.engine.drawn.scene import Scene

RATE = 16_000  # samples per second
Sound = np.ndarray  # (S,) float


def synthesise(scene: Scene, seconds: float, rng: np.random.Generator) -> Sound:
    """The sound of the scene, float32 in [-1, 1]."""
    time = np.arange(round(seconds * RATE)) / RATE
    heard = PLACES[scene.place](time, rng) + WEATHERS.get(scene.weather, _quiet)(time, rng)
    if scene.light == "night" and scene.place not in ("space", "stage", "city"):
        heard = heard + _crickets(time)
    if scene.cast:
        heard = heard + DEEDS[scene.action](time)
    if scene.thing:
        heard = heard + MOTIONS.get(scene.thing.motion, _silence)(time)
    return np.clip(heard, -1, 1).astype(np.float32)


def _silence(time: Sound) -> Sound:
    return np.zeros_like(time)


def _tone(time: Sound, hertz: float | Sound) -> Sound:
    turns = np.cumsum(np.broadcast_to(hertz, time.shape)) / RATE
    return np.sin(2 * np.pi * turns)


def _soft_noise(time: Sound, width: int, rng: np.random.Generator) -> Sound:
    smooth = np.convolve(rng.standard_normal(time.size), np.ones(width) / width, "same")
    return smooth / max(float(smooth.std()), 1e-6)


def _birds(time: Sound, rng: np.random.Generator) -> Sound:
    heard = 0.01 * _soft_noise(time, 20, rng)
    for start in rng.uniform(0, time[-1], 4):
        since = (time - start) / 0.12
        chirp = np.sin(np.pi * np.clip(since, 0, 1)) * _tone(time, 2600 + 900 * np.sin(9 * since))
        heard = heard + 0.2 * chirp
    return heard


def _waves(time: Sound, rng: np.random.Generator) -> Sound:
    swell = 0.25 + 0.75 * np.sin(np.pi * (time / 1.3 + rng.uniform())) ** 2
    return 0.16 * swell * _soft_noise(time, 6, rng)


def _traffic(time: Sound, rng: np.random.Generator) -> Sound:
    return 0.08 * _soft_noise(time, 60, rng) + 0.06 * _tone(time, 110) + 0.03 * _tone(time, 165)


def _wind(time: Sound, rng: np.random.Generator) -> Sound:
    gusts = 0.6 + 0.4 * np.sin(2 * np.pi * (0.5 * time + rng.uniform()))
    return 0.12 * gusts * _soft_noise(time, 40, rng)


def _leaves(time: Sound, rng: np.random.Generator) -> Sound:
    return 0.04 * _soft_noise(time, 2, rng) + _birds(time, rng) * 0.5


def _hum(time: Sound, rng: np.random.Generator) -> Sound:
    return 0.1 * _tone(time, 55) + 0.06 * _tone(time, 82.5) + 0.005 * _soft_noise(time, 30, rng)


def _chord(time: Sound, rng: np.random.Generator) -> Sound:
    return sum(0.05 * _tone(time, hertz) for hertz in (220.0, 277.2, 329.6)) + 0 * time


def _crickets(time: Sound) -> Sound:
    pulse = (np.sin(2 * np.pi * 22 * time) > 0) & (np.sin(2 * np.pi * 2 * time) > 0)
    return 0.07 * _tone(time, 4300) * pulse


def _thump(time: Sound, start: float) -> Sound:
    since = np.clip(time - start, 0, None)
    return 0.5 * np.sin(2 * np.pi * 90 * since) * np.exp(-since * 14) * (time >= start)


def _thumps(time: Sound, first: float, every: float, loud: float = 1.0) -> Sound:
    """A thump at `first` and then at equal intervals, to the end."""
    starts = np.arange(first, time[-1], every)
    return sum((loud * _thump(time, start) for start in starts), start=np.zeros_like(time))


def _music(time: Sound) -> Sound:
    notes = np.array([262.0, 330.0, 392.0, 523.0])[(time * 4).astype(int) % 4]
    fade = np.exp(-6 * (time * 4 % 1))
    return 0.22 * fade * _tone(time, notes) + _thumps(time, 0.0, 1.0)


def _landings(time: Sound) -> Sound:
    return _thumps(time, 0.96, 1.0)


def _steps(time: Sound) -> Sound:
    return _thumps(time, 0.1, 0.5, 0.5)


def _hello(time: Sound) -> Sound:
    inside = (time > 0.3) & (time < 1.1)
    return 0.15 * inside * _tone(time, np.where(time < 0.7, 300.0, 240.0))


def _claps(time: Sound) -> Sound:
    noise = np.random.default_rng(5).standard_normal(time.size)
    since = (time + 0.5) % 1.0
    return 0.35 * noise * np.exp(-60 * since)


def _hum_softly(time: Sound) -> Sound:
    return 0.12 * _tone(time, 196 + 20 * np.sin(np.pi * time))


def _quiet(time: Sound, rng: np.random.Generator) -> Sound:
    return np.zeros_like(time)


def _rain(time: Sound, rng: np.random.Generator) -> Sound:
    return 0.14 * _soft_noise(time, 2, rng)


def _murmur(time: Sound, rng: np.random.Generator) -> Sound:
    return 0.05 * _soft_noise(time, 80, rng)


def _sliding(time: Sound, way: int) -> Sound:
    share = time / max(float(time[-1]), 1e-6)
    return 0.12 * _tone(time, 450 + way * 250 * (share - 0.5) * 2)


PLACES: dict[str, Callable[[Sound, np.random.Generator], Sound]] = {
    "meadow": _birds,
    "beach": _waves,
    "city": _traffic,
    "desert": _wind,
    "forest": _leaves,
    "snow": _wind,
    "sea": _waves,
    "mountains": _wind,
    "stage": _chord,
    "space": _hum,
}
WEATHERS: dict[str, Callable[[Sound, np.random.Generator], Sound]] = {
    "rain": _rain,
    "snowfall": _murmur,
    "fog": _murmur,
}
DEEDS: dict[str, Callable[[Sound], Sound]] = {
    "dances": _music,
    "jumps": _landings,
    "waves": _hello,
    "walks left": _steps,
    "walks right": _steps,
    "chase": _steps,
    "hug": _hum_softly,
    "high five": _claps,
    "stands": _silence,
}
MOTIONS: dict[str, Callable[[Sound], Sound]] = {
    "bounces": _landings,
    "grows": lambda time: _sliding(time, 1),
    "shrinks": lambda time: _sliding(time, -1),
    "spins": lambda time: 0.12 * _tone(time, 440 + 60 * np.sin(2 * np.pi * 4 * time)),
    "floats up": lambda time: 0.1 * _tone(time, 500 + 200 * time),
}

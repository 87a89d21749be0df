"""A number hidden in sound: patches of its spectrogram a little louder or quieter.

A patch is PATCH seconds long and BAND hertz wide. A sheet of PERIOD × BANDS of them says the
number and is repeated as long as the sound lasts. As in pictures (`pattern`), some are the pilot,
by which a reader finds where a sheet begins, the others carry the coded bits, and only the key
tells which does what. What is silent stays silent: the mark is never louder than what it is in.

It outlives lossy coding, another rate and volume, and cuts that leave a second or two; not another
speed, another pitch, or much noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from generation.marking import code
from generation.marking.pattern import stream

HOP, WINDOW = 0.016, 0.032  # seconds
STEPS, BINS = 2, 2  # of the spectrogram in one patch
PATCH = STEPS * HOP
LOW, BANDS = 187.5, 101  # hertz of the lowest; of 62.5 each, up to 6.5 kHz
PERIOD = 32  # patches in time: a sheet is a second long
PILOT = 0.25  # of the patches
DEPTH = 1.5  # dB
RATE = 16_000  # at which it is read
SHIFTS = 8  # places within a patch where a sheet may begin
SURE, TRIED = 5.5, 6  # score, in deviations of chance; the best places of which are read
QUIET = 1e-4  # of full scale, added to every magnitude

Sound = npt.NDArray[np.floating]  # (n,), -1 to 1
Sheet = npt.NDArray[np.int8]  # (PERIOD, BANDS) of 1 and -1
Heights = npt.NDArray[np.float32]  # (PERIOD, BANDS), or any number of patches in time


class Heard(NamedTuple):
    """The number in a sound, or None, and how far above chance the pilot stands."""

    number: int | None
    score: float

    @property
    def is_marked(self) -> bool:
        return self.number is not None


@dataclass(frozen=True)
class Script:
    """Where a key writes what on a sheet."""

    key: bytes
    places: npt.NDArray[np.intp]
    signs: npt.NDArray[np.int8]

    def sheet(self, number: int) -> Sheet:
        """What says the number; it begins where the number decides, so that the marks of two that
        lie over each other are not mixed up."""
        said = np.concatenate([np.ones(PILOTS), 2 * code.encode(number)[CARRIED] - 1])
        start = int(stream(self.key, f"start {number}".encode(), 1)[0]) % PERIOD
        return np.roll(self._laid(said), start, axis=0)

    @property
    def pilot(self) -> Heights:
        said = np.zeros(PERIOD * BANDS)
        said[:PILOTS] = 1
        return self._laid(said).astype(np.float32)

    def soft(self, heights: Heights) -> code.Soft:
        """What a sheet, turned to where it begins, says of every coded bit."""
        said = heights.ravel()[self.places] * self.signs
        return np.bincount(CARRIED, said[PILOTS:], code.CODED_BITS).astype(float)

    def _laid(self, said: npt.NDArray[np.floating]) -> Sheet:
        sheet = np.empty(PERIOD * BANDS, np.int8)
        sheet[self.places] = said * self.signs
        return sheet.reshape(PERIOD, BANDS)


PILOTS = round(PERIOD * BANDS * PILOT)
CARRIED = np.arange(PERIOD * BANDS - PILOTS) % code.CODED_BITS  # which bit: all as often


@cache
def script(key: bytes) -> Script:
    """The key's own."""
    count = PERIOD * BANDS
    places = np.argsort(stream(key, b"patches", count), kind="stable")
    signs = (stream(key, b"loud", count) % 2 * 2).astype(np.int8) - 1
    return Script(key, places, signs)


def press(sound: Sound, rate: int, sheet: Sheet) -> Sound:
    """The sound with the mark in it."""
    hop = round(HOP * rate)
    if not len(sound):
        return sound
    padded = np.pad(sound.astype(np.float64), (hop, 2 * hop))
    waves = _waves(padded, hop)
    patches = sheet[np.arange(len(waves)) // STEPS % PERIOD]
    first = round(LOW * WINDOW)
    gain = np.zeros(waves.shape)
    there = gain[:, first : first + BANDS * BINS]
    there += np.repeat(patches, BINS, axis=1)[:, : there.shape[1]]
    pressed = _joined(waves * 10 ** (DEPTH / 20 * gain), hop, len(padded))
    return np.asarray(pressed[hop : hop + len(sound)], np.float32).clip(-1, 1)


def listen(sound: Sound, script: Script) -> Heard:
    """The mark in a sound at RATE."""
    hop = round(HOP * RATE)
    padded = np.pad(sound, (hop, 2 * hop))
    turned = np.conj(np.fft.fft(script.pilot, axis=0))
    found: list[tuple[float, int, Heights]] = []
    for shift in range(0, STEPS * hop, STEPS * hop // SHIFTS):
        if (heights := _heights(padded[shift:], hop)) is not None:
            scores = np.fft.ifft(np.fft.fft(heights, axis=0) * turned, axis=0).real.sum(1)
            scores = scores / (np.sqrt(np.square(heights).mean() * PILOTS) + 1e-9)
            found += [(float(scores[at]), at, heights) for at in range(PERIOD)]
    best = sorted(found, key=lambda one: -one[0])[:TRIED]
    for score, at, heights in best:
        number = code.decode(script.soft(np.roll(heights, -at, axis=0))) if score > SURE else None
        if number is not None:
            return Heard(number, score)
    return Heard(None, best[0][0] if best else 0.0)


def _heights(sound: Sound, hop: int) -> Heights | None:
    """By how much each patch of a sheet stands out of what is around it, all sheets added up."""
    waves, first = _waves(sound, hop), round(LOW * WINDOW)
    count = len(waves) // STEPS
    if not count:
        return None
    loud = np.log(np.abs(waves[: count * STEPS, first : first + BANDS * BINS]) + QUIET)
    patches = loud.reshape(count, STEPS, BANDS, BINS).mean((1, 3)).astype(np.float32)
    for around in ((1, 5), (5, 1)):
        patches -= cv2.blur(patches, around, borderType=cv2.BORDER_REPLICATE)
    patches = (patches / (patches.std() + 1e-9)).clip(-2, 2)
    sheets = np.zeros((PERIOD, BANDS), np.float32)
    np.add.at(sheets, np.arange(count) % PERIOD, patches)
    return sheets


def _waves(sound: Sound, hop: int) -> npt.NDArray[np.complex128]:
    """(steps, frequencies) of windows that overlap by half."""
    if len(sound) < 2 * hop:
        return np.zeros((0, hop + 1), complex)
    windows = np.lib.stride_tricks.sliding_window_view(sound, 2 * hop)[::hop]
    return np.fft.rfft(windows * _window(hop), axis=1)


def _joined(waves: npt.NDArray[np.complex128], hop: int, length: int) -> Sound:
    """The sound of which these are the waves."""
    windows = np.fft.irfft(waves, 2 * hop, axis=1) * _window(hop)
    sound = np.zeros(length)
    sound[: len(windows) * hop] += windows[:, :hop].ravel()
    sound[hop : (len(windows) + 1) * hop] += windows[:, hop:].ravel()
    return sound


@cache
def _window(hop: int) -> Sound:
    """Its square and that of the next add up to one."""
    return np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop))

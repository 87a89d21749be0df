"""What a mark looks like: a square tile whose frequencies say the number, repeated over a frame.

The tile is laid by units: SHORT of them are as long as the short side of a frame, however many
pixels that has. A part of its frequencies, the pilot, is the same for every number, so that a
reader finds how large the tile is and where it begins; the others carry the bits. Which frequency
does what, and with which sign, only the key tells.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from generation.marking import code

SIDE, SHORT = 128, 256  # units: of the tile, of the short side of a frame
WAVES = (5.0, 18.0)  # units: the shortest and the longest wave
PILOT = 0.22  # of the frequencies

Tile = npt.NDArray[np.float32]  # (SIDE, SIDE), mean 0, deviation 1
Spectrum = npt.NDArray[np.complex128]  # (SIDE, SIDE // 2 + 1), as numpy's rfft2 lays it


@dataclass(frozen=True)
class Pattern:
    """Where a key writes what. A place is one real number of the spectrum: (row, column, part)."""

    key: bytes
    places: npt.NDArray[np.intp]  # into the spectrum as real numbers, in the key's order
    signs: npt.NDArray[np.int8]
    pilot: Spectrum

    def tile(self, number: int) -> Tile:
        """The tile of a number, begun somewhere that the number decides: marks of several numbers
        lie over each other without being mixed up."""
        values = np.concatenate([np.ones(self._pilots), 2.0 * code.encode(number)[self._bits] - 1])
        tile = np.fft.irfft2(_spectrum(self.places, values * self.signs), (SIDE, SIDE))
        start = stream(self.key, f"start {number}".encode(), 2) % SIDE
        return np.asarray(np.roll(tile / tile.std(), start, (0, 1)), np.float32)

    def soft(self, spectrum: Spectrum) -> code.Soft:
        """What a spectrum, moved to where its tile begins, says of every coded bit."""
        said = _as_reals(spectrum)[self.places] * self.signs
        return np.bincount(self._bits, said[self._pilots :], code.CODED_BITS).astype(float)

    @property
    def _pilots(self) -> int:
        return round(len(self.places) * PILOT)

    @property
    def _bits(self) -> npt.NDArray[np.intp]:
        """Which coded bit each place behind the pilot's carries: all as often."""
        return np.arange(len(self.places) - self._pilots) % code.CODED_BITS


@cache
def pattern(key: bytes) -> Pattern:
    """The key's own."""
    band = np.flatnonzero(_as_reals(_in_band().astype(complex) * (1 + 1j)))
    places = band[np.argsort(stream(key, b"places", len(band)), kind="stable")]
    signs = (stream(key, b"signs", len(band)) % 2 * 2).astype(np.int8) - 1
    pilots = round(len(places) * PILOT)
    return Pattern(key, places, signs, _spectrum(places[:pilots], signs[:pilots].astype(float)))


def _in_band() -> npt.NDArray[np.bool_]:
    """The frequencies that are used; without the two columns in which some say the same twice."""
    down, across = np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None]
    pitch = np.hypot(down, across)
    used = (pitch >= 1 / WAVES[1]) & (pitch <= 1 / WAVES[0])
    used[:, [0, -1]] = False
    return np.asarray(used)


def stream(key: bytes, what: bytes, count: int) -> npt.NDArray[np.uint64]:
    """Numbers that only the key tells."""
    drawn = hashlib.shake_256(hashlib.sha256(key).digest() + what).digest(8 * count)
    return np.frombuffer(drawn, ">u8").astype(np.uint64)


def _spectrum(places: npt.NDArray[np.intp], values: npt.NDArray[np.floating]) -> Spectrum:
    spectrum = np.zeros((SIDE, SIDE // 2 + 1), complex)
    _as_reals(spectrum)[places] = values
    return spectrum


def _as_reals(spectrum: Spectrum) -> npt.NDArray[np.float64]:
    return spectrum.reshape(-1).view(np.float64)

"""Perceptual hashes of pictures, as PDQ has them: 256 signs of the lowest waves of brightness.

A picture is brought to 64 x 64 grey, its 16 x 16 lowest cosine waves are taken, each of them either
above or below their median. Coding anew, scaling, and other colours or words laid over it change
few of the 256 bits; two pictures that have nothing in common differ in about 128 of them. In a
mirror every second wave turns its sign, so that the hash of the mirrored picture comes for free.
Dark bars around a picture are cut off before. A crop moves everything: so what is looked for is
looked for in several crops (`wide_prints`); of everything else one hash a frame is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

import numpy as np

SIDE, WAVES = 64, 16
WORDS = WAVES * WAVES // 64  # uint64 of a hash
_MIRROR = np.where(np.arange(1, WAVES + 1) % 2, -1, 1)
FLAT = 3.0  # mean change between neighbours (0 to 255) below which there is nothing to tell apart
SAME = 20  # bits: a frame so near to the one kept before it says nothing new
MOST = 24  # hashes kept of a clip
DARK = 20  # (0 to 255) at most, of a bar around a picture; and
BAR = 0.35  # of a side at most is cut off as a bar
EDGE = 0.06  # of a side, cut off at one or two of them
INNER = (0.04, 0.08)  # of each side, cut off all around
Box = tuple[float, float, float, float]  # shares cut off: left, top, right, bottom


def _crops() -> tuple[Box, ...]:
    sides = [{0}, {1}, {2}, {3}, {0, 1}, {1, 2}, {2, 3}, {3, 0}, {0, 2}, {1, 3}]
    around = [(share, share, share, share) for share in (0.0, *INNER)]
    left, top, right, bottom = ([EDGE if n in some else 0.0 for some in sides] for n in range(4))
    return (*around, *zip(left, top, right, bottom, strict=True))


CROPS = _crops()  # the whole picture is the first
WIDTH = 2 * len(CROPS)  # hashes of a frame that is looked for


def prints(frames: Iterable[np.ndarray]) -> np.ndarray:
    """(K, 4) uint64, at most MOST, of frames (H, W, 3) RGB in their order; none of flat frames, and
    none of a frame like the one before. Raises ValueError for what is no picture."""
    kept = _telling(frames, lambda grey: _bits(_waves(_raster(grey)))[None])
    return kept[:, 0]


def wide_prints(frames: Iterable[np.ndarray]) -> np.ndarray:
    """(K, WIDTH, 4): of the same frames the hashes that a copy of each may have, cropped or in a
    mirror; the first is the frame's own."""
    return _telling(frames, lambda grey: np.stack(list(_all_ways(grey))))


def _telling(
    frames: Iterable[np.ndarray], hashed: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """What `hashed` (W, 4) says of each frame that has something to tell: (K, W, 4)."""
    kept: list[np.ndarray] = []
    for frame in frames:
        grey = _without_bars(_grey(frame))
        if is_flat(_raster(grey)):
            continue
        found = hashed(grey)
        if not kept or distances(kept[-1][0], found[0]) > SAME:
            kept.append(found)
    return _thinned(np.stack(kept)) if kept else np.empty((0, WIDTH, WORDS), np.uint64)


def _all_ways(grey: np.ndarray) -> Iterator[np.ndarray]:
    for box in CROPS:
        waves = _waves(_raster(_cropped(grey, box)))
        yield _bits(waves)
        yield _bits(waves * _MIRROR)


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How many bits differ between hashes (..., 4), broadcast against each other."""
    found: np.ndarray = np.bitwise_count(a ^ b).sum(-1, dtype=np.uint16)
    return found


def _grey(frame: np.ndarray) -> np.ndarray:
    """(H, W) uint8 of a picture (H, W, 3) RGB uint8."""
    import cv2  # noqa: PLC0415 -- loads on first use

    if frame.ndim != 3 or frame.shape[2] != 3 or not frame.size:
        raise ValueError(f"not a picture: {frame.shape}")
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY))


def _raster(grey: np.ndarray) -> np.ndarray:
    """(64, 64) float32."""
    import cv2  # noqa: PLC0415 -- loads on first use

    return np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def _without_bars(grey: np.ndarray) -> np.ndarray:
    """The picture without dark bars at its sides, where something is left of it then."""
    for _ in range(2):
        bright = np.flatnonzero(grey.max(1) > DARK)
        few = not len(bright) or bright[-1] + 1 - bright[0] < (1 - 2 * BAR) * len(grey)
        grey = (grey if few else grey[bright[0] : bright[-1] + 1]).T
    return grey


def is_flat(grey: np.ndarray) -> bool:
    """Whether a raster (64, 64) is black, or a wall, or nearly so: its hash would be noise."""
    change = sum(np.abs(np.diff(grey, axis=axis)).mean() for axis in (0, 1))
    return bool(change < FLAT)


def _waves(grey: np.ndarray) -> np.ndarray:
    """(16, 16) of the lowest cosine waves but the mean."""
    matrix = _cosines()
    return np.asarray(matrix @ grey @ matrix.T)


def _bits(waves: np.ndarray) -> np.ndarray:
    """(4,) uint64."""
    return np.asarray(np.packbits(waves > np.median(waves)).view(np.uint64))


@cache
def _cosines() -> np.ndarray:
    """(16, 64): the waves 1 to 16 of the discrete cosine transform."""
    wave, place = np.arange(1, WAVES + 1)[:, None], np.arange(SIDE)
    return np.asarray(np.cos(np.pi / SIDE * (place + 0.5) * wave), np.float32)


def _cropped(grey: np.ndarray, box: Box) -> np.ndarray:
    high, wide = grey.shape
    left, top, right, bottom = box
    rows = slice(round(top * high), high - round(bottom * high))
    return grey[rows, round(left * wide) : wide - round(right * wide)]


def _thinned(kept: np.ndarray) -> np.ndarray:
    """At most MOST of them, evenly spread."""
    if len(kept) <= MOST:
        return kept
    return np.asarray(kept[np.linspace(0, len(kept) - 1, MOST).round().astype(int)])

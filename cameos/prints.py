"""Fingerprints of how a clip moves: is this a copy of one that was sent before?

Of each frame 64 bits are kept: on which side of as many fixed planes the change lies that the last
moments brought to a coarse raster of brightness. A room that stands still leaves no trace in them.
Coding a clip anew, scaling, brightening or trimming it changes few bits; filming the same person
again changes many, because nobody moves twice alike. They show no face.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

RASTER = (16, 18)  # rows, columns
LAG = 3  # frames between the two that are compared
STILL = 0.6  # mean change of brightness (0 to 255) below which nothing moved: a print of 0
COPY, ALIKE = 6.0, 10.0  # bits of 64 that differ on average: one clip; perhaps one clip
OVERLAP = 0.8  # of the frames in which the shorter one moves
LEAST = 6  # frames
NOTHING = 64.0


def prints(frames: Sequence[np.ndarray]) -> np.ndarray:
    """(T,) uint64, one for each frame (H, W, 3); 0 where nothing moved."""
    if len(frames) <= LAG:
        return np.zeros(len(frames), np.uint64)
    rasters = np.stack([_raster(frame) for frame in frames])
    change = np.zeros_like(rasters)
    change[LAG:] = rasters[LAG:] - rasters[:-LAG]
    bits = change @ _planes() > 0  # (T, 64)
    found = np.packbits(bits, axis=1).view(">u8").astype(np.uint64)[:, 0]
    return np.where(abs(change).mean(1) < STILL, np.uint64(0), found)


def both_ways(frames: Sequence[np.ndarray]) -> np.ndarray:
    """(2, T): the prints of a clip, and those it would have in a mirror."""
    return np.stack([prints(frames), prints([frame[:, ::-1] for frame in frames])])


def nearest(mine: np.ndarray, others: Iterable[np.ndarray]) -> float:
    """The least distance of a clip's prints (T,) to those of others; some thousands a second."""
    return min((distance(mine, other) for other in others), default=NOTHING)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Mean differing bits where two clips fit each other best, over all shifts in time; NOTHING
    where they have too little movement in common to say."""
    if not len(a) or not len(b):
        return NOTHING
    moving = (a != 0)[:, None] & (b != 0)  # (A, B)
    apart = np.bitwise_count(a[:, None] ^ b) * moving
    shared, differing = _along_diagonals(moving), _along_diagonals(apart)
    enough = shared >= max(LEAST, OVERLAP * min((a != 0).sum(), (b != 0).sum()))
    return float((differing[enough] / shared[enough]).min(initial=NOTHING))


def _along_diagonals(table: np.ndarray) -> np.ndarray:
    """The sums (A + B - 1,) along the diagonals of a table (A, B): one for each shift in time."""
    high, wide = table.shape
    sheared = np.zeros((high, high + wide), np.int64)
    sheared[:, :wide] = table[::-1]
    shifts = sheared.ravel()[: high * (high + wide - 1)].reshape(high, -1)
    return np.asarray(shifts.sum(0))


def _raster(frame: np.ndarray) -> np.ndarray:
    """Mean brightness (rows * columns,) of the fields of a raster over a picture (H, W, 3)."""
    grey = np.asarray(frame.mean(2))
    for axis, fields in enumerate(RASTER):
        edges = np.linspace(0, grey.shape[axis], fields + 1).astype(int)
        sizes = np.diff(edges)
        sums = np.add.reduceat(grey, edges[:-1], axis)
        grey = sums / (sizes[:, None] if axis == 0 else sizes)
    return np.asarray(grey).ravel()


@cache
def _planes() -> np.ndarray:
    """(rows * columns, 64): the same for ever, for prints are compared across years."""
    return np.random.RandomState(64).standard_normal((RASTER[0] * RASTER[1], 64))

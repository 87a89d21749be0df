"""Pressing a mark into frames: light and dark by a few steps, more where there is much to see.

It needs the tile of a number alone, and no key.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from generation.marking.pattern import SHORT, Tile

Frame = npt.NDArray[np.uint8]  # (H, W, 3) RGB
DEPTH = 1.0  # steps of 255 by which an even surface is moved, as a deviation
BUSY = 2.5  # times as deep at most, where the surroundings are uneven
EVEN = 9.0  # deviation, in steps, of surroundings that bear twice the depth
COARSE = 4  # px of a frame in one of the map of what is uneven


@dataclass
class Stamp:
    """A tile, and how it lies over frames of the sizes seen so far."""

    tile: Tile
    depth: float = DEPTH
    laid: dict[tuple[int, int], npt.NDArray[np.float32]] = field(default_factory=dict)

    def press(self, frame: Frame) -> Frame:
        """The frame with the mark in it."""
        height, width = frame.shape[:2]
        moved = cv2.multiply(self._laid(height, width), _bearing(frame))
        steps = cv2.merge([moved, moved, moved])
        return np.asarray(cv2.add(frame, steps, dtype=cv2.CV_8U))

    def _laid(self, height: int, width: int) -> npt.NDArray[np.float32]:
        if (height, width) not in self.laid:
            self.laid[height, width] = self.depth * lay(self.tile, height, width)
        return self.laid[height, width]


def lay(tile: Tile, height: int, width: int) -> npt.NDArray[np.float32]:
    """The tile over all of a frame, again and again."""
    unit = min(height, width) / SHORT  # px
    at = np.array([[1 / unit, 0, 0.5 / unit - 0.5], [0, 1 / unit, 0.5 / unit - 0.5]])
    way = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(tile, at, (width, height), flags=way, borderMode=cv2.BORDER_WRAP)
    return np.asarray(laid, np.float32)


def _bearing(frame: Frame) -> npt.NDArray[np.float32]:
    """How deep the mark may be, pixel by pixel: 1 on even surfaces, up to BUSY."""
    height, width = frame.shape[:2]
    small = (max(1, width // COARSE), max(1, height // COARSE))
    grey = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), small, interpolation=cv2.INTER_AREA)
    grey = grey.astype(np.float32)
    around = cv2.blur(grey * grey, (5, 5)) - cv2.blur(grey, (5, 5)) ** 2
    bearing = np.minimum(1 + np.sqrt(np.maximum(around, 0)) / EVEN, BUSY)
    return np.asarray(cv2.resize(bearing, (width, height)))

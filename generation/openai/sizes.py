"""Sizes and lengths of the contract, and what the loaded model renders for them."""

from __future__ import annotations

import math

from generation.engine.types import Capabilities

USUAL_SIZE, USUAL_SECONDS = "720x1280", "4"
SIZES = (USUAL_SIZE, "1280x720", "1024x1792", "1792x1024", "1080x1920", "1920x1080")
SECONDS = (USUAL_SECONDS, "8", "12", "16", "20")
LONGEST = 60  # seconds of a video that is extended: as much of one as the engine reads
MOST_EXTENSIONS = 6


def pixels(size: str) -> tuple[int, int]:
    width, _, height = size.partition("x")
    return int(width), int(height)


def nearest(width: int, height: int) -> str:
    """The size of the contract whose shape is nearest to that of a clip."""
    return min(SIZES[:4], key=lambda size: _apart(pixels(size), (width, height)))


def rendered(size: str, able: Capabilities) -> tuple[int, int]:
    """The size of the model whose shape is nearest to a size of the contract."""
    return min(able.sizes, key=lambda made: _apart(made, pixels(size)))


def _apart(one: tuple[int, int], other: tuple[int, int]) -> float:
    """How far two shapes are from each other."""
    return abs(math.log(one[0] / one[1]) - math.log(other[0] / other[1]))

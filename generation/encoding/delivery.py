"""A clip exactly as large and as long as somebody asked for it, whatever the model makes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generation.encoding.sizes import Size

Frames = npt.NDArray[np.uint8]  # (T, H, W, 3) RGB


@dataclass(frozen=True)
class Delivery:
    """The size in pixels and the length in seconds that a file is to have."""

    width: int
    height: int
    seconds: float

    @property
    def size(self) -> Size:
        return Size(self.width, self.height)

    def fit(self, frames: Frames, fps: int) -> Frames:
        """The frames in the middle of the asked shape, and as many as the length has: what is too
        much is cut off, and the last one held where there are too few."""
        count, height, width = frames.shape[:3]
        inner = min(width, round(height * self.width / self.height))
        outer = min(height, round(width * self.height / self.width))
        left, top = (width - inner) // 2, (height - outer) // 2
        times = np.minimum(np.arange(max(1, round(self.seconds * fps))), count - 1)
        return frames[times, top : top + outer, left : left + inner]

"""Pictures to mark, and what people do to them."""

import cv2
import numpy as np

from generation.engine.drawn import clips, scene
from tests.ground.copying import recoded

SIZE = (160, 288)


def drawn(seed: int, count: int = 9, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(T, H, W, 3) of a clip of the drawn world."""
    return clips.draw(scene.random_scene(np.random.default_rng(seed)), size, count)


def filmed(frames, crf: int, size: tuple[int, int] | None = None) -> list[np.ndarray]:
    """The frames after H.264 at a quality, scaled to a size before."""
    if size:
        frames = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]
    return list(recoded(np.stack(frames), crf))

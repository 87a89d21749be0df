"""Reading the clip to remix as frames of the wanted size and number."""

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps


def read_frames(path: Path, width: int, height: int, count: int) -> npt.NDArray[np.uint8]:
    """`count` frames spread evenly over the clip, cropped to fill: (T, H, W, 3)."""
    with av.open(str(path)) as clip:
        pictures = [frame.to_image() for frame in clip.decode(video=0)]
    picked = np.linspace(0, len(pictures) - 1, count).round().astype(int)
    fitted = {index: _fitted(pictures[index], width, height) for index in {*picked.tolist()}}
    return np.stack([fitted[index] for index in picked.tolist()])


def _fitted(picture: Image.Image, width: int, height: int) -> npt.NDArray[np.uint8]:
    return np.asarray(ImageOps.fit(picture.convert("RGB"), (width, height)))

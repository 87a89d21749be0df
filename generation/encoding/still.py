"""The files of a still: the picture without loss, and a poster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from generation.encoding import sizes
from generation.encoding.clip import Encoded
from generation.encoding.sizes import Size
from generation.renditions import FILES


def encode_still(pixels: npt.NDArray[np.uint8], folder: Path) -> Encoded:
    """Write a picture (H, W, 3) into the folder."""
    height, width = pixels.shape[:2]
    shown = sizes.shown(Size(width, height))
    picture = Image.fromarray(pixels).resize(shown, Image.Resampling.LANCZOS)
    picture.save(folder / FILES["picture"].file, optimize=True)
    picture.save(folder / FILES["poster"].file, quality=88)
    return Encoded(*shown, 0.0, ("poster", "picture"), kind="still")

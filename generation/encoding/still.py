"""The files of a still: the picture without loss, and a poster."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from generation.encoding import sizes
from generation.encoding.clip import Encoded
from generation.encoding.labels import PACKET, in_png
from generation.encoding.sizes import Size
from generation.looks import of_picture
from generation.marking.marks import UNMARKED, Frame, Marks
from generation.renditions import CLEAN, FILES


def encode_still(pixels: Frame, folder: Path, marks: Marks = UNMARKED) -> Encoded:
    """Write a picture (H, W, 3) into the folder."""
    height, width = pixels.shape[:2]
    shown = sizes.shown(Size(width, height))
    renditions = ("poster", "picture")
    picture = _enlarged(marks.put(pixels), shown)
    _save(picture, folder, "picture")
    of_picture(picture).save(folder)
    picture.save(folder / FILES["poster"].file, quality=88, xmp=PACKET)
    if marks.visible:
        _save(_enlarged(marks.hide(pixels), shown), folder, CLEAN["picture"])
        renditions += (CLEAN["picture"],)
    return Encoded(*shown, 0.0, renditions, kind="still")


def _enlarged(pixels: Frame, shown: Size) -> Image.Image:
    return Image.fromarray(pixels).resize(shown, Image.Resampling.LANCZOS)


def _save(picture: Image.Image, folder: Path, name: str) -> None:
    picture.save(folder / FILES[name].file, optimize=True, pnginfo=in_png())

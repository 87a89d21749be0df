"""A picture as nothing but its pixels: upright, small, WebP."""

import io
from typing import IO

from PIL import Image, ImageOps
from refused import Refused

Image.init()  # loads every plug-in now: later nothing can be opened any more
Image.MAX_IMAGE_PIXELS = None  # counted below, against our own limit


def decode(source: IO[bytes], order: dict) -> tuple[dict, bytes]:
    picture = Image.open(source, formats=[order["format"]])
    if picture.width * picture.height > order["pixels"]:
        raise Refused("too_many_pixels", width=picture.width, height=picture.height)
    # A phone's JPEG may carry a second picture behind the first, which is no animation.
    if getattr(picture, "n_frames", 1) != 1 and picture.format != "MPO":
        raise Refused("animated", frames=picture.n_frames)
    picture.draft("RGB", (order["side"], order["side"]))
    return {}, _anew(picture, order["side"])


def _anew(picture: Image.Image, side: int) -> bytes:
    """The pixels copied to a new picture: no EXIF, no colour profile, no tail comes along."""
    small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    small.thumbnail((side, side))
    turned = _upright(small, picture)
    new = Image.new("RGB", turned.size, "white")
    new.paste(turned, mask=turned.getchannel("A") if turned.mode == "RGBA" else None)
    written = io.BytesIO()
    new.save(written, "WEBP", quality=90)
    return written.getvalue()


def _upright(small: Image.Image, original: Image.Image) -> Image.Image:
    small.getexif().update(original.getexif())
    return ImageOps.exif_transpose(small)

"""A picture as nothing but its pixels: upright, small, WebP."""

import io
from typing import IO

from PIL import Image, ImageCms, ImageOps
from refused import Refused

Image.init()  # loads every plug-in now: later nothing can be opened any more
Image.MAX_IMAGE_PIXELS = None  # counted below, against our own limit
SRGB = ImageCms.createProfile("sRGB")


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
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    small = _eight_bits(picture, mode)
    small.thumbnail((side, side))
    turned = _upright(_in_srgb(small, picture.info.get("icc_profile"), mode), picture)
    new = Image.new("RGB", turned.size, "white")
    new.paste(turned, mask=turned.getchannel("A") if mode == "RGBA" else None)
    written = io.BytesIO()
    new.save(written, "WEBP", quality=90)
    return written.getvalue()


def _eight_bits(picture: Image.Image, mode: str) -> Image.Image:
    """Grey of 16 bits brought to 8 (Pillow would cut it off at 255); inks are left as they are."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda level: level * (1 / 257) + 0.5).convert("L")
    return picture.copy() if picture.mode == "CMYK" else picture.convert(mode)


def _in_srgb(picture: Image.Image, profile: bytes | None, mode: str) -> Image.Image:
    """The colours as the file's profile means them: phones photograph in more than sRGB."""
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
        return ImageCms.profileToProfile(picture, given, SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, OSError):  # none, a broken one, or one for other colours
        return picture.convert(mode)


def _upright(small: Image.Image, original: Image.Image) -> Image.Image:
    small.getexif().update(original.getexif())
    return ImageOps.exif_transpose(small)

"""A few frames of whatever shows something, spread over it and small: enough to recognise it by.

A film may be long, cut short or made to hurt. So it is entered at a few places, and what cannot be
read at one of them is not missed.
"""

from collections.abc import Iterator
from typing import IO

import av
import numpy as np
from clip import VIDEO, check_codec
from PIL import Image, ImageOps
from refused import Refused

Image.init()  # loads every plug-in now: later nothing can be opened any more
Image.MAX_IMAGE_PIXELS = None  # counted below, against our own limit
PICTURES = {"PNG", "JPEG", "WEBP"}
EVERY = 4  # frames: where few places can be entered, one in so many of those at the beginning


def decode(source: IO[bytes], order: dict) -> tuple[dict, bytes]:
    """Frames (T, H, W, 3) RGB whose short side is `side` at most."""
    if order["format"] in PICTURES:
        frames = [_picture(source, order)]
    else:
        given = {"format": order["format"], "options": {"protocol_whitelist": "file"}}
        with av.open(source, **given) as film:
            frames = list(_of_film(film, order).values())
    if not frames:
        raise Refused("not_decodable", why="no frame")
    stacked = np.stack([frame for frame in frames if frame.shape == frames[0].shape])
    return {"frames": stacked.shape}, stacked.tobytes()


def _picture(source: IO[bytes], order: dict) -> np.ndarray:
    """The picture, or the first of an animation."""
    with Image.open(source, formats=[order["format"]]) as picture:
        _check_size(picture.width, picture.height, order)
        upright = ImageOps.exif_transpose(picture.convert("RGB"))
    return np.asarray(upright.resize(_size(*upright.size, order), Image.Resampling.BOX))


def _of_film(film, order: dict) -> dict[int, np.ndarray]:
    """Frames that stand alone, by their times; where there are few, some of the first as well."""
    if not film.streams.video:
        raise Refused("not_a_video")
    stream = film.streams.video[0]
    check_codec(stream, VIDEO)
    _check_size(stream.width, stream.height, order)
    stream.thread_count = 1  # decoder threads each take address space
    stream.codec_context.options = {"max_pixels": str(order["pixels"])}
    found = dict(_entered(film, stream, order))
    if len(found) < order["places"] // 2:
        found |= dict(_first(film, stream, order))
    return found


def _entered(film, stream, order: dict) -> Iterator[tuple[int, np.ndarray]]:
    length = film.duration or 0
    for place in range(order["places"]) if length > 0 else ():
        try:
            film.seek(length * place // order["places"])
            frame = next(iter(film.decode(stream)), None)
        except av.FFmpegError:
            continue
        if frame is not None:
            yield frame.pts or 0, _small(frame, order)


def _first(film, stream, order: dict) -> Iterator[tuple[int, np.ndarray]]:
    try:
        film.seek(0)
        for number, frame in enumerate(film.decode(stream)):
            if number >= order["places"] * EVERY:
                return
            if number % EVERY == 0:
                yield frame.pts or 0, _small(frame, order)
    except av.FFmpegError:
        return


def _small(frame, order: dict) -> np.ndarray:
    """Upright, for phones film sideways and say so."""
    _check_size(frame.width, frame.height, order)
    width, height = _size(frame.width, frame.height, order)
    small = frame.reformat(width, height, "rgb24", interpolation="AREA", threads=1)
    return np.rot90(small.to_ndarray(), round(frame.rotation / 90) % 4)


def _size(width: int, height: int, order: dict) -> tuple[int, int]:
    """No larger than it was, and of no odd shape that makes it many pixels."""
    scale = min(1.0, order["side"] / min(width, height), 8 * order["side"] / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _check_size(width: int, height: int, order: dict) -> None:
    if not 0 < width * height <= order["pixels"]:
        raise Refused("too_many_pixels", width=width, height=height)

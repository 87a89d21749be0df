"""What came down, looked at as a player would."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

import av
import numpy as np
from PIL import Image


class Film(NamedTuple):
    width: int
    height: int
    seconds: float  # of picture
    heard: float  # seconds of sound
    is_silent: bool


def look(content: bytes) -> Film:
    """An mp4, every frame and sample of it decoded."""
    with av.open(BytesIO(content)) as film:
        picture, sound = film.streams.video[0], film.streams.audio[0]
        frames = sum(1 for _ in film.decode(video=0))
        film.seek(0)
        samples = [frame.to_ndarray() for frame in film.decode(audio=0)]
        return Film(
            picture.width,
            picture.height,
            frames / float(picture.average_rate or 1),
            sum(part.shape[-1] for part in samples) / sound.rate,
            not any(np.abs(part).max() > 0 for part in samples),
        )


def check_film(content: bytes, size: str, seconds: float) -> None:
    """It has exactly the size and length that were asked, and sound as long."""
    film = look(content)
    assert f"{film.width}x{film.height}" == size
    assert film.seconds == seconds
    assert abs(film.heard - seconds) < 0.1
    assert not film.is_silent


def check_still(content: bytes) -> None:
    assert Image.open(BytesIO(content)).format == "WEBP"

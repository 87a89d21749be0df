"""A mark for people: a few words that wander over the picture, so that no crop leaves them out."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Frame = npt.NDArray[np.uint8]  # (H, W, 3) RGB
SHARE, LEAST = 0.055, 9  # of the short side, px: how high the letters are
WIDEST = 0.7  # of the frame's width
STAY = 1.5  # seconds at one place
PLACES = ((0.06, 0.06), (0.94, 0.62), (0.06, 0.94), (0.94, 0.06), (0.5, 0.5), (0.94, 0.94))
STRENGTH, SHADE = 0.75, 0.5  # how much of the picture the letters cover, and their shadow


class Sign:
    """Words, and where they stand when."""

    def __init__(self, words: str) -> None:
        self.words = words

    def draw(self, frame: Frame, second: float) -> Frame:
        """The frame with the words in it."""
        height, width = frame.shape[:2]
        cover = _written(self.words, height, width)  # (h, w, 2): letters, shadow
        across, down = PLACES[int(second / STAY) % len(PLACES)]
        top = round((height - cover.shape[0]) * down)
        left = round((width - cover.shape[1]) * across)
        marked = frame.copy()
        part = marked[top : top + cover.shape[0], left : left + cover.shape[1]]
        shaded = part * (1 - cover[..., 1:])
        part[:] = np.round(shaded + (255 - shaded) * cover[..., :1])
        return marked


@cache
def _written(words: str, height: int, width: int) -> npt.NDArray[np.float32]:
    """How much the letters and their shadow cover: (h, w, 2) from 0 to 1."""
    size = max(LEAST, round(min(height, width) * SHARE))
    letters = _letters(words, size)
    if letters.width > width * WIDEST:
        ratio = width * WIDEST / letters.width
        letters = letters.resize((round(letters.width * ratio), round(letters.height * ratio)))
    room = (min(width, letters.width + 1), min(height, letters.height + 1))
    white, black = Image.new("L", room), Image.new("L", room)
    white.paste(letters, (0, 0))
    black.paste(letters, (1, 1))
    cover = np.stack([np.asarray(white), np.asarray(black)], -1) / 255
    return (cover * (STRENGTH, SHADE)).astype(np.float32)


def _letters(words: str, size: int) -> Image.Image:
    font = ImageFont.load_default(size)
    left, top, right, bottom = map(round, font.getbbox(words))
    letters = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(letters).text((-left, -top), words, 255, font)
    return letters

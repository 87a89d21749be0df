"""The reference board: up to three heads on white, each where it rests in the clip.

A small model copies by position far sooner than it learns to move a face about, so that the board
shows each head at the very place and size it has while its person stands still.

LTX knows places only relative to each other. A board that is always there, its free cells painted
in colours that say where they are, tells a small model at once which token lies where; without it
the shipped one drew good pieces of pictures in the wrong places.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageOps

CELL = 16  # pixels of a chart's cells, where the card says no other
HEADS: dict[int, tuple[tuple[float, float], ...]] = {  # centres, as shares of width and height
    0: (),
    1: ((0.5, 0.29),),
    2: ((0.27, 0.31), (0.73, 0.31)),
    3: ((0.18, 0.34), (0.5, 0.34), (0.82, 0.34)),
}
HEIGHT = {1: 0.42, 2: 0.38, 3: 0.32}  # of the frame's height
SLIM = 0.8  # a head's width over its height


def head_size(people: int, frame: int) -> tuple[int, int]:
    """Width and height in pixels of each of so many heads in a frame that high."""
    height = round(HEIGHT[people] * frame / 2) * 2
    return round(height * SLIM / 2) * 2, height


def compose(pictures: Sequence[Image.Image], width: int, height: int) -> Image.Image:
    """The board for up to three face pictures; an oval is cut from the middle of each."""
    heads = [oval(picture, head_size(len(pictures), height)) for picture in pictures]
    return arrange(heads, width, height)


def arrange(heads: Sequence[Image.Image], width: int, height: int) -> Image.Image:
    """The board for heads already cut to ovals."""
    board = Image.new("RGB", (width, height), "white")
    for head, (x, y) in zip(heads, HEADS[len(heads)], strict=True):
        paste_head(board, head, x * width, y * height)
    return board


def reference_picture(
    pictures: Sequence[Image.Image], width: int, height: int, card: Mapping[str, Any]
) -> Image.Image:
    """What the shipped model is shown of the people in a clip: the board, on its chart."""
    return charted(compose(pictures, width, height), card.get("cell", CELL))


def charted(board: Image.Image, cell: int = CELL) -> Image.Image:
    """The board with every white cell painted in the colour of its place."""
    pixels = np.array(board)
    rows, columns = board.height // cell, board.width // cell
    cells = pixels.reshape(rows, cell, columns, cell, 3)
    free = (cells == 255).all((1, 3, 4))  # (rows, columns)
    cells.transpose(0, 2, 1, 3, 4)[free] = _chart(rows, columns)[free][:, None, None]
    return Image.fromarray(pixels)


def _chart(rows: int, columns: int) -> np.ndarray:
    """Red grows to the right, green downwards, blue tells neighbours apart: (rows, columns, 3)."""
    row, column = np.mgrid[:rows, :columns]
    across, down = 225 * column / max(columns - 1, 1), 225 * row / max(rows - 1, 1)
    colours = [15 + across, 15 + down, 40 + 160 * ((row + column) % 2)]
    return np.stack(colours, -1).round().astype(np.uint8)


def oval(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The middle of the picture as an RGBA oval of that size."""
    head = ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.LANCZOS).convert("RGBA")
    large = Image.new("L", (size[0] * 4, size[1] * 4), 0)
    ImageDraw.Draw(large).ellipse((0, 0, size[0] * 4 - 1, size[1] * 4 - 1), fill=255)
    head.putalpha(large.resize(size, Image.Resampling.LANCZOS))
    return head


def paste_head(canvas: Image.Image, head: Image.Image, x: float, y: float) -> None:
    """Put the oval's centre at (x, y) pixels."""
    canvas.paste(head, (round(x - head.width / 2), round(y - head.height / 2)), head)

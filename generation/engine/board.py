"""The reference board: up to three figures on white, each where it stands in the clip.

A small model copies by position far sooner than it learns to move a figure about, so that the board
shows each character at the very place and size it has while it stands still. A photograph becomes a
figure in that person's colours first (`drawn/portrait.py`).
"""

from collections.abc import Sequence

from PIL import Image

from generation.engine.drawn import figures, portrait
from generation.engine.drawn.scene import Look

FINE = 2  # figures are drawn at twice the size, then averaged
BROAD = 0.62  # of a figure's height: how wide a drawing may be


def compose(pictures: Sequence[Image.Image], width: int, height: int) -> Image.Image:
    """The board for up to three pictures: photographs as figures, drawings as they are."""
    cast = [
        portrait.cut_out(picture) if portrait.is_drawing(picture) else portrait.look_of(picture)
        for picture in pictures
    ]
    return cast_board(cast, width, height)


def cast_board(cast: Sequence[Look | Image.Image], width: int, height: int) -> Image.Image:
    """The board for characters that are drawn already, or whose looks are known."""
    board = Image.new("RGB", (width * FINE, height * FINE), "white")
    for place, one in enumerate(cast):
        if isinstance(one, Look):
            _stand(board, one, place, len(cast))
        else:
            _paste(board, one, place, len(cast))
    return board.reduce(FINE)


def _stand(board: Image.Image, look: Look, place: int, company: int) -> None:
    high = figures.height_of(company, *board.size)
    x = figures.spot(place, company, board.width)
    figures.draw(board, look, figures.Pose(), x, figures.FEET * board.height, high)


def _paste(board: Image.Image, drawing: Image.Image, place: int, company: int) -> None:
    """The drawing with its feet on the ground, as tall as a figure unless it is too broad."""
    high = figures.height_of(company, *board.size)
    scale = min(high / drawing.height, BROAD * high / drawing.width)
    size = max(1, round(drawing.width * scale)), max(1, round(drawing.height * scale))
    x = figures.spot(place, company, board.width) - size[0] / 2
    small = drawing.resize(size, Image.Resampling.LANCZOS)
    board.paste(small, (round(x), round(figures.FEET * board.height) - size[1]))

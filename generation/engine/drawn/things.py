"""Props: ten kinds in nine colours, drawn once and placed frame by frame."""

import math
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw

from generation.engine.drawn.palette import COLOURS, DARK, Colour, mix
from generation.engine.drawn.scene import Thing

SIDES = {"small": 0.26, "big": 0.46}  # as a share of the frame's unit
ROWS = {1: (0.5,), 2: (0.3, 0.7), 3: (0.2, 0.5, 0.8)}  # where several rest, across
SPRITE = 96  # pixels; a thing fills about 80 of them
Pen = ImageDraw.ImageDraw


@lru_cache(maxsize=128)
def sprite(kind: str, colour: str) -> Image.Image:
    """The thing as an RGBA picture on a transparent ground."""
    picture = Image.new("RGBA", (SPRITE, SPRITE), (0, 0, 0, 0))
    SHAPES[kind](ImageDraw.Draw(picture), COLOURS[colour])
    return picture


def place(canvas: Image.Image, thing: Thing, second: float, length: float, beside: bool) -> None:
    """Draw the things on the canvas as they are at a second of a clip of that length."""
    side = SIDES[thing.size] * (canvas.width * canvas.height) ** 0.5
    side = min(side, canvas.width / (thing.count + 0.2))
    for rest in (0.14,) if beside else ROWS[thing.count]:
        x, y, scale, angle = pose(thing.motion, second, length)
        at = (rest + x) * canvas.width, (0.8 if beside else 0.68) * canvas.height + y * side
        _stamp(canvas, sprite(thing.kind, thing.colour), at, side * scale, angle)


def pose(motion: str, second: float, length: float) -> tuple[float, float, float, float]:
    """How far aside (in frame widths), how high (in sides), the scale and the angle in degrees."""
    share = second / max(length, 1e-6)
    match motion:
        case "moves right":
            return 0.6 * (share - 0.5), 0, 1, 0
        case "moves left":
            return 0.6 * (0.5 - share), 0, 1, 0
        case "bounces":
            return 0, -0.9 * abs(math.sin(math.pi * second)), 1, 0
        case "spins":
            return 0, 0, 1, 180 * second
        case "grows":
            return 0, 0, 0.55 + 0.75 * share, 0
        case "shrinks":
            return 0, 0, 1.3 - 0.75 * share, 0
        case "floats up":
            return 0, 0.3 - 1.6 * share, 1, 0
    return 0, 0, 1, 0


def _stamp(
    canvas: Image.Image, look: Image.Image, at: tuple[float, float], side: float, angle: float
) -> None:
    size = max(4, round(side))
    turned = look.rotate(-angle, Image.Resampling.BILINEAR) if angle else look
    small = turned.resize((size, size), Image.Resampling.BILINEAR, reducing_gap=1.5)
    canvas.paste(small, (round(at[0] - size / 2), round(at[1] - size / 2)), small)


def _outlined(pen: Pen, points: list[tuple[float, float]], colour: Colour) -> None:
    pen.polygon(points, fill=colour, outline=mix(colour, DARK, 0.6), width=3)


def _ball(pen: Pen, colour: Colour) -> None:
    pen.ellipse((8, 8, 88, 88), fill=colour, outline=mix(colour, DARK, 0.6), width=3)
    pen.ellipse((26, 20, 46, 38), fill=mix(colour, (255, 255, 255), 0.6))


def _box(pen: Pen, colour: Colour) -> None:
    _outlined(pen, [(12, 14), (84, 14), (84, 86), (12, 86)], colour)
    pen.line((12, 14, 84, 86), fill=mix(colour, DARK, 0.4), width=4)
    pen.line((84, 14, 12, 86), fill=mix(colour, DARK, 0.4), width=4)


def _star(pen: Pen, colour: Colour) -> None:
    corners = []
    for step in range(10):
        angle, radius = math.pi * step / 5 - math.pi / 2, 44 if step % 2 == 0 else 19
        corners.append((48 + radius * math.cos(angle), 50 + radius * math.sin(angle)))
    _outlined(pen, corners, colour)


def _balloon(pen: Pen, colour: Colour) -> None:
    pen.line((48, 66, 44, 94), fill=(90, 90, 90), width=3)
    pen.ellipse((20, 4, 76, 70), fill=colour, outline=mix(colour, DARK, 0.6), width=3)
    pen.ellipse((32, 14, 44, 30), fill=mix(colour, (255, 255, 255), 0.6))


def _car(pen: Pen, colour: Colour) -> None:
    _outlined(pen, [(26, 50), (36, 28), (66, 28), (76, 50)], mix(colour, (210, 236, 250), 0.65))
    _outlined(pen, [(6, 48), (90, 48), (90, 72), (6, 72)], colour)
    for x in (26, 70):
        pen.ellipse((x - 12, 60, x + 12, 84), fill=DARK)
        pen.ellipse((x - 4, 68, x + 4, 76), fill=(200, 200, 200))


def _boat(pen: Pen, colour: Colour) -> None:
    pen.line((48, 8, 48, 64), fill=(96, 70, 48), width=4)
    _outlined(pen, [(50, 8), (50, 56), (84, 56)], (248, 248, 240))
    _outlined(pen, [(6, 62), (90, 62), (76, 86), (20, 86)], colour)


def _fish(pen: Pen, colour: Colour) -> None:
    _outlined(pen, [(28, 48), (4, 24), (4, 72)], mix(colour, DARK, 0.25))
    pen.ellipse((20, 22, 92, 74), fill=colour, outline=mix(colour, DARK, 0.6), width=3)
    pen.ellipse((70, 36, 80, 46), fill=DARK)


def _cat(pen: Pen, colour: Colour) -> None:
    for ear in ([(16, 40), (18, 6), (44, 24)], [(80, 40), (78, 6), (52, 24)]):
        _outlined(pen, ear, colour)
    pen.ellipse((10, 16, 86, 90), fill=colour, outline=mix(colour, DARK, 0.6), width=3)
    for x in (32, 64):
        pen.ellipse((x - 8, 38, x + 8, 56), fill=(250, 250, 240))
        pen.ellipse((x - 3, 42, x + 4, 54), fill=DARK)
    pen.polygon([(42, 62), (54, 62), (48, 70)], fill=(240, 120, 140))


def _flower(pen: Pen, colour: Colour) -> None:
    pen.line((48, 46, 48, 94), fill=(50, 140, 60), width=6)
    for step in range(6):
        x, y = 48 + 22 * math.cos(step * math.pi / 3), 36 + 22 * math.sin(step * math.pi / 3)
        pen.ellipse((x - 15, y - 15, x + 15, y + 15), fill=colour, outline=mix(colour, DARK, 0.5))
    pen.ellipse((36, 24, 60, 48), fill=(250, 220, 90), outline=DARK)


def _house(pen: Pen, colour: Colour) -> None:
    _outlined(pen, [(14, 44), (82, 44), (82, 90), (14, 90)], colour)
    _outlined(pen, [(4, 46), (92, 46), (48, 8)], mix(colour, DARK, 0.45))
    pen.rectangle((40, 62, 56, 90), fill=(96, 66, 44))
    for x in (20, 62):
        pen.rectangle((x, 52, x + 14, 66), fill=(200, 230, 250))


SHAPES: dict[str, Callable[[Pen, Colour], None]] = {
    "ball": _ball,
    "box": _box,
    "star": _star,
    "balloon": _balloon,
    "car": _car,
    "boat": _boat,
    "fish": _fish,
    "cat": _cat,
    "flower": _flower,
    "house": _house,
}

"""Things that move about: eight kinds in nine colours, drawn once and placed frame by frame."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.data.palette import COLOURS, Colour, mix

KINDS = ("ball", "box", "star", "balloon", "car", "boat", "fish", "cat")
SIZES = {"small": 0.13, "big": 0.22}  # half the height, as a share of the frame's
MOTIONS = (
    "stays still",
    "moves left",
    "moves right",
    "bounces",
    "spins",
    "grows",
    "shrinks",
    "floats up",
)
SPRITE = 96  # pixels; a thing fills about 80 of them
DARK: Colour = (30, 28, 34)
Pen = ImageDraw.ImageDraw


@dataclass(frozen=True)
class Thing:
    """What a caption says of a thing, and where it rests (shares of the frame)."""

    kind: str
    colour: str
    size: str
    motion: str
    x: float
    y: float


def sprite(kind: str, colour: str) -> Image.Image:
    """The thing as an RGBA picture on a transparent ground."""
    picture = Image.new("RGBA", (SPRITE, SPRITE), (0, 0, 0, 0))
    SHAPES[kind](ImageDraw.Draw(picture), COLOURS[colour])
    return picture


def place(canvas: Image.Image, look: Image.Image, thing: Thing, moment: float) -> None:
    """Draw the thing on the canvas as it is at `moment` in [0, 1]."""
    x, y, scale, angle = pose(thing, moment)
    side = max(4, round(2 * SIZES[thing.size] * scale * canvas.height))
    turned = look.rotate(-angle, Image.Resampling.BILINEAR) if angle else look
    small = turned.resize(
        (side, side), Image.Resampling.BOX if side < SPRITE else Image.Resampling.BILINEAR
    )
    at = round(x * canvas.width - side / 2), round(y * canvas.height - side / 2)
    canvas.paste(small, at, small)


def pose(thing: Thing, moment: float) -> tuple[float, float, float, float]:
    """x, y (shares of the frame), scale and angle in degrees at `moment`."""
    x, y, reach = thing.x, thing.y, 1 - 2 * SIZES[thing.size]
    match thing.motion:
        case "moves right":
            return SIZES[thing.size] + reach * moment, y, 1, 0
        case "moves left":
            return 1 - SIZES[thing.size] - reach * moment, y, 1, 0
        case "bounces":
            return x, y - 0.3 * abs(math.sin(2 * math.pi * moment)), 1, 0
        case "spins":
            return x, y, 1, 360 * moment
        case "grows":
            return x, y, 0.5 + 0.8 * moment, 0
        case "shrinks":
            return x, y, 1.3 - 0.8 * moment, 0
        case "floats up":
            return x, y - 0.5 * moment, 1, 0
    return x, y, 1, 0


def random_thing(rng: np.random.Generator, beside_people: bool = False) -> Thing:
    """A thing at rest somewhere sensible: at the sides and low when people stand in the middle."""
    size = "small" if beside_people else str(rng.choice(list(SIZES)))
    motion = str(rng.choice(MOTIONS[:1] + MOTIONS[3:5] if beside_people else MOTIONS))
    x = rng.choice([0.15, 0.85]) if beside_people else rng.uniform(0.3, 0.7)
    y = rng.uniform(0.76, 0.84) if beside_people else rng.uniform(0.55, 0.7)
    return Thing(
        str(rng.choice(KINDS)), str(rng.choice(list(COLOURS))), size, motion, float(x), float(y)
    )


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


SHAPES: dict[str, Callable[[Pen, Colour], None]] = {
    "ball": _ball,
    "box": _box,
    "star": _star,
    "balloon": _balloon,
    "car": _car,
    "boat": _boat,
    "fish": _fish,
    "cat": _cat,
}

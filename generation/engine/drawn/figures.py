"""Characters: a drawn figure with a big head, and how it moves."""

import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

from generation.engine.drawn.palette import DARK, LIGHT, Colour, mix
from generation.engine.drawn.scene import Look

Pen = ImageDraw.ImageDraw
FEET = 0.9  # of the frame's height
SPOTS: dict[int, tuple[float, ...]] = {0: (), 1: (0.5,), 2: (0.29, 0.71), 3: (0.19, 0.5, 0.81)}
ROOM = {1: 1.15, 2: 0.86, 3: 0.64}  # a figure's height at most, as a share of the frame's width
TALL = 0.68  # and of the frame's height
HEAD = 0.38  # of the figure's height


@dataclass(frozen=True)
class Pose:
    """Offsets in figure heights, limbs in degrees from hanging straight down."""

    dx: float = 0.0
    dy: float = 0.0
    arms: tuple[float, float] = (18.0, 18.0)
    legs: tuple[float, float] = (7.0, 7.0)
    tilt: float = 0.0  # of the head, in figure heights


def height_of(company: int, width: int, height: int) -> float:
    """Pixels from sole to crown of each of so many figures in a frame."""
    return min(TALL * height, ROOM[max(1, company)] * width)


def pose(action: str, second: float, length: float, place: int, company: int) -> Pose:
    """How the figure at `place` stands at a second of a clip of that length."""
    beat = math.sin(2 * math.pi * second)  # one to a second
    inner = place == 0  # of two, the left one turns its right arm inwards
    match action:
        case "dances":
            return Pose(
                0.07 * beat, -0.02 * abs(beat), (70 + 55 * beat, 70 - 55 * beat),
                (12 + 10 * beat, 12 - 10 * beat), 0.02 * beat,
            )  # fmt: skip
        case "jumps":
            up = math.sin(math.pi * second) ** 2
            return Pose(0, -0.2 * up, (18 + 120 * up, 18 + 120 * up), (8 + 14 * up, 8 + 14 * up))
        case "waves":
            return Pose(arms=(18, 140 + 26 * math.sin(4 * math.pi * second)))
        case "chase":
            step, way = math.sin(6 * math.pi * second), second / max(length, 1e-6) - 0.5
            return Pose(
                0.6 * way, -0.03 * abs(step), (60 + 30 * step, 60 - 30 * step),
                (12 + 26 * step, 12 - 26 * step),
            )  # fmt: skip
        case "walks left" | "walks right":
            step = math.sin(4 * math.pi * second)
            way = (second / max(length, 1e-6) - 0.5) * (-0.5 if action == "walks left" else 0.5)
            return Pose(way, 0, (18 + 22 * step, 18 - 22 * step), (8 + 20 * step, 8 - 20 * step))
        case "hug":
            near = min(1.0, 1.4 * second / max(length, 1e-6)) * (0.17 if inner else -0.17)
            arms = (18.0, 88.0) if inner else (88.0, 18.0)
            return Pose(near, 0, arms, tilt=0.02 if inner else -0.02)
        case "high five":
            up = 40 + 80 * math.sin(math.pi * second) ** 2
            near = 0.06 if inner else -0.06
            return Pose(near, 0, (18, up) if inner else (up, 18))
    return Pose()


def spot(place: int, company: int, width: int) -> float:
    """Where a figure rests, in pixels from the left."""
    return SPOTS[company][place] * width


def draw(canvas: Image.Image, look: Look, stance: Pose, x: float, feet: float, high: float) -> None:
    """The figure with its soles at (x, feet) pixels, `high` pixels tall."""
    pen = ImageDraw.Draw(canvas)
    x, feet = x + stance.dx * high, feet + stance.dy * high
    neck, hip, half = feet - (1 - HEAD) * high, feet - 0.26 * high, 0.13 * high
    for side, angle in zip((-1, 1), stance.legs, strict=True):
        _limb(pen, x + side * half * 0.5, hip, side * angle, 0.26 * high, look.trousers, 0.1 * high)
    _torso(pen, look, x, neck, hip, half)
    for side, angle in zip((-1, 1), stance.arms, strict=True):
        shoulder = x + side * half * 0.92
        end = _limb(
            pen, shoulder, neck + 0.06 * high, side * angle, 0.24 * high, look.shirt, 0.085 * high
        )
        _disc(pen, *end, 0.05 * high, look.skin)
    _head(pen, look, x + stance.tilt * high, neck + 0.03 * high, HEAD * high)


def _torso(pen: Pen, look: Look, x: float, neck: float, hip: float, half: float) -> None:
    box = (x - half, neck, x + half, hip + half * 0.3)
    pen.rounded_rectangle(box, half * 0.4, fill=look.shirt, outline=_edge(look.shirt))
    if look.stripe:
        high = (hip - neck) / 5
        for n in (1, 3):
            top = neck + (n + 0.2) * high
            pen.rectangle((x - half + 1, top, x + half - 1, top + high), fill=look.stripe)


def _head(pen: Pen, look: Look, x: float, chin: float, high: float) -> None:
    wide, middle = high * 0.42, chin - high * 0.45
    if look.cut == "long":
        pen.rounded_rectangle(
            (x - wide * 1.16, middle - high * 0.34, x + wide * 1.16, chin + high * 0.16),
            wide * 0.5, fill=look.hair,
        )  # fmt: skip
    if look.cut == "bun":
        _disc(pen, x, middle - high * 0.52, wide * 0.42, look.hair)
    box = (x - wide, middle - high * 0.43, x + wide, middle + high * 0.43)
    pen.ellipse(box, fill=look.skin, outline=_edge(look.skin))
    if look.cut != "bald":
        pen.chord(
            (x - wide * 1.08, box[1] - high * 0.05, x + wide * 1.08, middle + high * 0.3),
            186, 354, fill=look.hair,
        )  # fmt: skip
    _face(pen, look, x, middle, high)
    _hat(pen, look, x, box[1], wide, high)


def _face(pen: Pen, look: Look, x: float, y: float, high: float) -> None:
    for side in (-1, 1):
        eye = x + side * high * 0.16
        _disc(pen, eye, y + high * 0.06, high * 0.075, LIGHT)
        _disc(pen, eye, y + high * 0.07, high * 0.045, DARK)
    mouth = (x - high * 0.14, y + high * 0.14, x + high * 0.14, y + high * 0.3)
    ends = (10, 170) if look.smile else (190, 350)
    pen.arc(mouth, *ends, fill=mix(look.skin, (150, 20, 40), 0.75), width=max(1, round(high / 18)))


def _hat(pen: Pen, look: Look, x: float, top: float, wide: float, high: float) -> None:
    colour, brim = look.hat_colour, top + high * 0.2
    match look.hat:
        case "cap":
            pen.pieslice(
                (x - wide, top - high * 0.06, x + wide, brim + high * 0.3), 180, 360, fill=colour
            )
            pen.rounded_rectangle(
                (x, brim - high * 0.0, x + wide * 1.5, brim + high * 0.1), 2, fill=colour
            )
        case "top hat":
            pen.rectangle((x - wide * 0.7, top - high * 0.34, x + wide * 0.7, brim), fill=colour)
            pen.rectangle(
                (x - wide * 1.2, brim - high * 0.08, x + wide * 1.2, brim), fill=_edge(colour)
            )
        case "beanie":
            pen.pieslice(
                (x - wide * 1.04, top - high * 0.1, x + wide * 1.04, brim + high * 0.34),
                180,
                360,
                fill=colour,
            )
            pen.rectangle(
                (x - wide * 1.04, brim, x + wide * 1.04, brim + high * 0.09), fill=_edge(colour)
            )
            _disc(pen, x, top - high * 0.1, high * 0.09, _edge(colour))
        case "crown":
            points = [(x - wide * 0.8, brim), (x - wide * 0.8, top - high * 0.16)]
            points += [(x - wide * 0.4, top + high * 0.02), (x, top - high * 0.2)]
            points += [(x + wide * 0.4, top + high * 0.02), (x + wide * 0.8, top - high * 0.16)]
            pen.polygon([*points, (x + wide * 0.8, brim)], fill=colour, outline=_edge(colour))


def _limb(
    pen: Pen, x: float, y: float, angle: float, length: float, colour: Colour, wide: float
) -> tuple[float, float]:
    turn = math.radians(angle)
    end = x + length * math.sin(turn), y + length * math.cos(turn)
    pen.line((x, y, *end), fill=colour, width=max(1, round(wide)))
    return end


def _disc(pen: Pen, x: float, y: float, radius: float, colour: Colour) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _edge(colour: Colour) -> Colour:
    return mix(colour, DARK, 0.45)

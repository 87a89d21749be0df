"""People: a simple drawn body that dances, jumps, waves, walks or stands, under any head."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from generation.engine import board
from generation.engine.data import heads
from generation.engine.data.palette import COLOURS, Colour, mix

DEEDS = ("dances", "jumps", "waves", "walks", "stands")
TROUSERS: tuple[Colour, ...] = ((40, 44, 70), (60, 60, 64), (96, 74, 50), (50, 80, 120))
Pen = ImageDraw.ImageDraw


@dataclass(frozen=True)
class Person:
    """Who stands where. `head` is an oval cut for the canvas; its place of rest is the board's."""

    head: Image.Image
    shirt: str
    trousers: Colour
    deed: str
    place: int
    company: int  # how many people there are
    drawn: bool = True  # whether the head is a drawn face; else it is a texture


@dataclass(frozen=True)
class Pose:
    """Offsets as shares of the frame's height, limbs in degrees from hanging straight down."""

    dx: float = 0.0
    dy: float = 0.0
    arms: tuple[float, float] = (16.0, 16.0)
    legs: tuple[float, float] = (8.0, 8.0)


def pose(deed: str, moment: float) -> Pose:
    """How somebody doing that stands at `moment` in [0, 1]; every deed begins at rest.

    The movement follows from the deed alone: where a head goes is then a rule the model can learn.
    """
    beat = math.sin(4 * math.pi * moment)  # two to a clip
    match deed:
        case "dances":
            return Pose(
                0.035 * beat, 0, (60 + 60 * beat, 60 - 60 * beat), (12 + 10 * beat, 12 - 10 * beat)
            )
        case "jumps":
            up = math.sin(2 * math.pi * moment) ** 2
            return Pose(0, -0.09 * up, (16 + 120 * up, 16 + 120 * up), (8 + 14 * up, 8 + 14 * up))
        case "waves":
            return Pose(arms=(16, 135 + 25 * math.sin(6 * math.pi * moment)))
        case "walks":
            return Pose(
                0.1 * moment, 0, (16 + 20 * beat, 16 - 20 * beat), (10 + 18 * beat, 10 - 18 * beat)
            )
    return Pose()


def draw(canvas: Image.Image, person: Person, moment: float) -> None:
    """The person on the canvas as they are at `moment`."""
    stance, size = pose(person.deed, moment), canvas.height
    x, y = board.HEADS[person.company][person.place]
    x, y = (x + stance.dx) * size, (y + stance.dy) * size
    high = person.head.height
    _body(ImageDraw.Draw(canvas), person, stance, x, y + high * 0.42, high)
    board.paste_head(canvas, person.head, x, y)


def random_crowd(rng: np.random.Generator, company: int, size: int) -> tuple[Person, ...]:
    """So many people who all do the same thing, with drawn faces in half of the crowds."""
    deed = str(rng.choice(DEEDS, p=(0.3, 0.15, 0.2, 0.15, 0.2)))
    drawn = bool(rng.random() < 0.5)
    return tuple(_random_person(rng, deed, drawn, n, company, size) for n in range(company))


def _random_person(
    rng: np.random.Generator, deed: str, drawn: bool, place: int, company: int, size: int
) -> Person:
    head = board.oval(heads.random_head(rng, drawn), board.head_size(company, size))
    trousers = TROUSERS[rng.integers(len(TROUSERS))]
    return Person(head, str(rng.choice(list(COLOURS))), trousers, deed, place, company, drawn)


def _body(pen: Pen, person: Person, stance: Pose, x: float, neck: float, head: float) -> None:
    shirt, half = COLOURS[person.shirt], head * 0.3
    hip, skin = neck + head * 0.6, mix((90, 60, 40), (240, 200, 170), 0.6)
    for side, angle in zip((-1, 1), stance.legs, strict=True):
        _limb(
            pen, x + side * half * 0.5, hip, side * angle, head * 0.62, person.trousers, head * 0.2
        )
    for side, angle in zip((-1, 1), stance.arms, strict=True):
        end = _limb(
            pen,
            x + side * half * 0.9,
            neck + head * 0.14,
            side * angle,
            head * 0.52,
            shirt,
            head * 0.16,
        )
        _hand(pen, end, skin, head * 0.1)
    pen.rounded_rectangle((x - half, neck, x + half, hip + head * 0.06), head * 0.12, fill=shirt)


def _limb(
    pen: Pen, x: float, y: float, angle: float, length: float, colour: Colour, wide: float
) -> tuple[float, float]:
    turn = math.radians(angle)
    end = x + length * math.sin(turn), y + length * math.cos(turn)
    pen.line((x, y, *end), fill=colour, width=round(wide))
    return end


def _hand(pen: Pen, at: tuple[float, float], skin: Colour, radius: float) -> None:
    pen.ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), fill=skin)

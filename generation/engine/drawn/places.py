"""Where a clip happens: ten places under three lights, painted as still grounds of any shape."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.drawn.palette import LIGHT, Colour, gradient, mix

HORIZON = 0.6  # of the height
SKIES: dict[str, tuple[Colour, Colour]] = {
    "day": ((92, 170, 246), (196, 228, 255)),
    "sunset": ((110, 50, 130), (255, 150, 70)),
    "night": ((8, 10, 44), (34, 36, 100)),
}
GROUNDS: dict[str, tuple[Colour, Colour]] = {
    "meadow": ((120, 200, 80), (66, 146, 54)),
    "beach": ((246, 224, 164), (224, 192, 124)),
    "city": ((112, 112, 118), (76, 76, 84)),
    "desert": ((234, 176, 96), (206, 138, 66)),
    "forest": ((64, 120, 52), (38, 82, 36)),
    "snow": ((250, 252, 255), (222, 230, 244)),
    "sea": ((30, 120, 190), (12, 66, 130)),
    "mountains": ((140, 166, 110), (92, 124, 80)),
}


@dataclass
class Easel:
    """A picture in work: its pen, its size, the light, and what chance there is in it."""

    picture: Image.Image
    light: str
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self.pen = ImageDraw.Draw(self.picture)
        self.wide, self.high = self.picture.size
        self.unit = (self.wide * self.high) ** 0.5

    def lit(self, colour: Colour) -> Colour:
        """How a day colour looks under the light."""
        if self.light == "night":
            return mix(mix(colour, (20, 24, 70), 0.35), (0, 0, 0), 0.38)
        return mix(colour, (200, 70, 60), 0.3) if self.light == "sunset" else colour

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        self.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def triangle(self, x: float, top: float, bottom: float, half: float, colour: Colour) -> None:
        self.pen.polygon([(x, top), (x - half, bottom), (x + half, bottom)], fill=colour)


def paint(place: str, light: str, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A ground of (width, height) pixels."""
    easel = Easel(Image.new("RGB", size, (8, 6, 24)), light, rng)
    if place in ("space", "stage"):
        (_space if place == "space" else _stage)(easel)
        return easel.picture
    easel.picture.paste(_sky_and_ground(easel, place))
    _luminary(easel)
    FEATURES[place](easel)
    return easel.picture


def _sky_and_ground(easel: Easel, place: str) -> Image.Image:
    split = round(easel.high * HORIZON)
    top, bottom = (easel.lit(colour) for colour in GROUNDS[place])
    column = np.concatenate(
        [gradient(*SKIES[easel.light], split), gradient(top, bottom, easel.high - split)]
    )
    return Image.fromarray(column.astype(np.uint8)).resize((easel.wide, easel.high))


def _luminary(easel: Easel) -> None:
    wide, high, unit = easel.wide, easel.high, easel.unit
    if easel.light == "sunset":
        return easel.disc(wide * 0.5, high * 0.55, unit * 0.12, (255, 226, 120))
    if easel.light == "day":
        return easel.disc(wide * 0.8, high * 0.13, unit * 0.08, (255, 244, 150))
    _stars(easel, high * 0.5, 12)
    return easel.disc(wide * 0.22, high * 0.13, unit * 0.07, (240, 238, 210))


def _meadow(easel: Easel) -> None:
    for x in _spread(easel, 5):
        y = easel.rng.uniform(0.68, 0.97) * easel.high
        petals = easel.lit((250, 240, 245))
        easel.disc(x, y, easel.unit * 0.018, petals)
        easel.disc(x, y, easel.unit * 0.008, easel.lit((250, 200, 40)))


def _beach(easel: Easel) -> None:
    top, shore = easel.high * HORIZON, easel.high * (HORIZON + 0.1)
    easel.pen.rectangle((0, top, easel.wide, shore), fill=easel.lit((40, 150, 210)))
    foam = (0, shore, easel.wide, shore + easel.high * 0.02)
    easel.pen.rectangle(foam, fill=easel.lit((240, 250, 255)))
    _palm(easel, 0.17 * easel.wide)


def _city(easel: Easel) -> None:
    window = (255, 226, 130) if easel.light != "day" else (190, 214, 232)
    foot, count = easel.high * HORIZON, max(4, round(easel.wide / easel.unit * 6))
    for left, right in pairwise(np.linspace(0, easel.wide, count + 1)):
        top, grey = easel.high * easel.rng.choice((0.16, 0.28, 0.38)), 110
        easel.pen.rectangle((left, top, right - 2, foot), fill=easel.lit((grey, grey, grey + 14)))
        side = easel.unit * 0.035
        for y in np.arange(top + side, foot - side, side * 2.2):
            for x in (left + side, (left + right) / 2 + side * 0.2):
                easel.pen.rectangle((x, y, x + side, y + side), fill=window)


def _desert(easel: Easel) -> None:
    dune, x = easel.lit((222, 160, 82)), easel.wide * 0.66
    reach = easel.unit * 0.45
    easel.pen.ellipse((x - reach, easel.high * 0.5, x + reach, easel.high * 0.8), fill=dune)
    for share in (0.14, 0.88):
        _cactus(easel, share * easel.wide)


def _forest(easel: Easel) -> None:
    for x in _spread(easel, max(4, round(easel.wide / easel.unit * 7))):
        green = easel.lit(mix((30, 96, 50), (70, 140, 60), easel.rng.random()))
        _fir(easel, x, easel.high * easel.rng.uniform(0.14, 0.26), easel.high * 0.68, green)


def _snow(easel: Easel) -> None:
    for share in (0.16, 0.84):
        green = easel.lit((120, 164, 160))
        _fir(easel, share * easel.wide, easel.high * 0.32, easel.high * 0.66, green)
    hill = easel.wide * 0.3
    box = (easel.wide / 2 - hill, easel.high * 0.55, easel.wide / 2 + hill, easel.high * 0.7)
    easel.pen.ellipse(box, fill=easel.lit((244, 248, 255)))


def _sea(easel: Easel) -> None:
    step = easel.unit * 0.2
    for row, y in enumerate(np.linspace(HORIZON + 0.05, 0.95, 5) * easel.high):
        for x in np.arange(-step + row % 2 * step / 2, easel.wide, step):
            box = (x, y, x + step * 0.7, y + easel.unit * 0.06)
            easel.pen.arc(box, 200, 340, easel.lit((190, 226, 246)), max(2, round(easel.unit / 70)))


def _mountains(easel: Easel) -> None:
    foot = easel.high * HORIZON
    for share, peak in ((0.15, 0.26), (0.85, 0.28), (0.5, 0.17)):
        x, top = share * easel.wide, peak * easel.high
        slope = easel.unit * 0.34 / (foot - top)
        snow = (foot - top) * 0.3
        easel.triangle(x, top, foot, easel.unit * 0.34, easel.lit((116, 118, 136)))
        easel.triangle(x, top, top + snow, slope * snow, easel.lit((246, 248, 252)))


def _stage(easel: Easel) -> None:
    split = round(easel.high * 0.72)
    wall, floor = easel.lit((160, 24, 44)), easel.lit((150, 100, 60))
    easel.pen.rectangle((0, 0, easel.wide, split), fill=wall)
    easel.pen.rectangle((0, split, easel.wide, easel.high), fill=floor)
    for x in np.linspace(0, easel.wide, max(5, round(easel.wide / easel.unit * 8))):
        easel.pen.line((x, 0, x, split), fill=mix(wall, (0, 0, 0), 0.4), width=3)
    reach, glow = easel.wide * 0.36, mix(floor, (255, 240, 190), 0.5)
    middle = easel.wide / 2
    box = (middle - reach, easel.high * 0.8, middle + reach, easel.high * 0.97)
    easel.pen.ellipse(box, fill=glow)


def _space(easel: Easel) -> None:
    _stars(easel, easel.high, 22)
    planet = {"day": (230, 150, 90), "sunset": (220, 90, 120), "night": (90, 130, 230)}[easel.light]
    x, y, radius = easel.wide * 0.8, easel.high * 0.2, easel.unit * 0.12
    easel.disc(x, y, radius, planet)
    ring = (x - radius * 1.6, y - radius * 0.5, x + radius * 1.6, y + radius * 0.5)
    easel.pen.arc(ring, 0, 360, mix(planet, LIGHT, 0.5), 3)
    ground = (-easel.wide * 0.3, easel.high * 0.84, easel.wide * 1.3, easel.high * 1.5)
    easel.pen.ellipse(ground, fill=easel.lit((150, 150, 164)))


def _stars(easel: Easel, low: float, count: int) -> None:
    for x, y in easel.rng.uniform(0, 1, (count, 2)):
        easel.disc(x * easel.wide, y * low, easel.unit * 0.009, (236, 236, 214))


def _fir(easel: Easel, x: float, top: float, foot: float, green: Colour) -> None:
    trunk = easel.unit * 0.018
    box = (x - trunk, foot - easel.unit * 0.08, x + trunk, foot)
    easel.pen.rectangle(box, fill=easel.lit((80, 56, 36)))
    easel.triangle(x, top, foot - easel.unit * 0.06, easel.unit * 0.1, green)


def _palm(easel: Easel, x: float) -> None:
    top, thick = easel.high * 0.36, max(2, round(easel.unit / 30))
    easel.pen.line((x, top, x, easel.high * 0.76), fill=easel.lit((130, 92, 56)), width=thick)
    for dx, dy in ((-0.15, 0.05), (0.15, 0.05), (-0.11, -0.07), (0.11, -0.07)):
        leaf = (x + dx * easel.unit, top + dy * easel.unit)
        easel.pen.line((x, top, *leaf), fill=easel.lit((40, 130, 60)), width=thick)


def _cactus(easel: Easel, x: float) -> None:
    green, thick = easel.lit((52, 128, 66)), max(3, round(easel.unit / 24))
    easel.pen.line((x, easel.high * 0.46, x, easel.high * 0.72), fill=green, width=thick)
    for side in (-1, 1):
        elbow = x + side * easel.unit * 0.07
        arm = (x, easel.high * 0.6, elbow, easel.high * 0.6, elbow, easel.high * 0.53)
        easel.pen.line(arm, fill=green, width=thick)


def _spread(easel: Easel, count: int) -> np.ndarray:
    """So many places across the picture, each a little off."""
    return (np.arange(count) + easel.rng.uniform(0.3, 0.7, count)) * easel.wide / count


FEATURES: dict[str, Callable[[Easel], None]] = {
    "meadow": _meadow,
    "beach": _beach,
    "city": _city,
    "desert": _desert,
    "forest": _forest,
    "snow": _snow,
    "sea": _sea,
    "mountains": _mountains,
}

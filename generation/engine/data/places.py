"""Where a clip happens: ten places under three lights, painted as still backgrounds."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.data.palette import Colour, gradient, mix

LIGHTS = ("day", "sunset", "night")
HORIZON = 0.6  # of the height
SKIES: dict[str, tuple[Colour, Colour]] = {
    "day": ((92, 170, 246), (196, 228, 255)),
    "sunset": ((96, 50, 130), (255, 150, 70)),
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
PLACES = (*GROUNDS, "stage", "space")
Pen = ImageDraw.ImageDraw


def paint(place: str, light: str, size: int, rng: np.random.Generator) -> Image.Image:
    """A square background of `size` pixels."""
    if place == "space":
        return _space(size, rng)
    if place == "stage":
        return _stage(size, light, rng)
    picture = Image.fromarray(_sky_and_ground(place, light, size))
    pen = ImageDraw.Draw(picture)
    _luminary(pen, light, size, rng)
    FEATURES[place](pen, light, size, rng)
    return picture


def lit(colour: Colour, light: str) -> Colour:
    """How a day colour looks under the light."""
    if light == "night":
        return mix(mix(colour, (20, 24, 70), 0.35), (0, 0, 0), 0.38)
    return mix(colour, (200, 70, 60), 0.3) if light == "sunset" else colour


def _sky_and_ground(place: str, light: str, size: int) -> np.ndarray:
    split = round(size * HORIZON)
    top, bottom = (lit(colour, light) for colour in GROUNDS[place])
    column = np.concatenate([gradient(*SKIES[light], split), gradient(top, bottom, size - split)])
    return np.broadcast_to(column, (size, size, 3)).astype(np.uint8)


def _luminary(pen: Pen, light: str, size: int, rng: np.random.Generator) -> None:
    if light == "night":
        _stars(pen, size, size * 0.5, 14, rng)
        return _disc(
            pen, size * rng.choice([0.14, 0.86]), size * 0.13, size * 0.06, (240, 238, 210)
        )
    if light == "sunset":
        return _disc(pen, size * rng.uniform(0.2, 0.8), size * 0.55, size * 0.11, (255, 226, 120))
    return _disc(pen, size * rng.choice([0.13, 0.87]), size * 0.13, size * 0.08, (255, 244, 150))


def _meadow(pen: Pen, light: str, size: int, rng: np.random.Generator) -> None:
    for _ in range(10):
        x, y = rng.uniform(0, 1) * size, rng.uniform(0.66, 1) * size
        _disc(pen, x, y, size * 0.014, lit((250, 240, 240), light))


def _beach(pen: Pen, light: str, size: int, rng: np.random.Generator) -> None:
    top, shore = size * HORIZON, size * (HORIZON + 0.1)
    pen.rectangle((0, top, size, shore), fill=lit((40, 150, 210), light))
    pen.rectangle((0, shore, size, shore + size * 0.02), fill=lit((240, 250, 255), light))
    if rng.random() < 0.5:
        _palm(pen, rng.choice([0.08, 0.92]) * size, light, size)


def _city(pen: Pen, light: str, size: int, rng: np.random.Generator) -> None:
    window = (255, 226, 130) if light != "day" else (190, 214, 232)
    edges = np.linspace(0, size, 7)
    for left, right in pairwise(edges):
        top = size * rng.uniform(0.14, 0.4)
        grey = int(rng.uniform(90, 150))
        pen.rectangle(
            (left, top, right - 3, size * HORIZON), fill=lit((grey, grey, grey + 12), light)
        )
        for y in np.arange(top + 6, size * HORIZON - 8, size * 0.07):
            for x in (left + 7, left + 18):
                pen.rectangle((x, y, x + 5, y + 6), fill=window)


def _desert(pen: Pen, light: str, size: int, rng: np.random.Generator) -> None:
    dune = lit((222, 160, 82), light)
    x = rng.uniform(0.1, 0.9) * size
    pen.ellipse((x - size * 0.4, size * 0.5, x + size * 0.4, size * 0.8), fill=dune)
    for x in rng.uniform(0.04, 0.96, 2) * size:
        _cactus(pen, x, light, size)


def _forest(pen: Pen, light: str, size: int, rng: np.random.Generator) -> None:
    for x in (np.arange(8) + rng.uniform(0.2, 0.8, 8)) * size / 8:
        green = lit(mix((30, 96, 50), (70, 140, 60), rng.random()), light)
        _fir(pen, x, size * rng.uniform(0.1, 0.3), size * 0.68, green, size)


def _snow(pen: Pen, light: str, size: int, rng: np.random.Generator) -> None:
    for x in rng.uniform(0, 1, 2) * size:
        _fir(pen, x, size * 0.32, size * 0.66, lit((196, 214, 226), light), size)
    for x, y in rng.uniform(0, 1, (26, 2)) * size:
        _disc(pen, x, y, size * 0.012, lit((255, 255, 255), light))


def _sea(pen: Pen, light: str, size: int, rng: np.random.Generator) -> None:
    for y in np.linspace(HORIZON + 0.05, 0.97, 6) * size:
        for x in (np.arange(4) + rng.uniform()) * size / 4:
            pen.arc(
                (x, y, x + size * 0.14, y + size * 0.06), 200, 340, lit((190, 226, 246), light), 3
            )


def _mountains(pen: Pen, light: str, size: int, rng: np.random.Generator) -> None:
    for x in (0.15, 0.8, 0.48):
        x, top = (x + rng.uniform(-0.08, 0.08)) * size, size * rng.uniform(0.16, 0.3)
        _triangle(pen, x, top, size * HORIZON, size * 0.3, lit((116, 118, 136), light))
        _triangle(pen, x, top, top + size * 0.1, size * 0.075, lit((246, 248, 252), light))


def _stage(size: int, light: str, rng: np.random.Generator) -> Image.Image:
    split = round(size * 0.72)
    wall, floor = (lit(colour, light) for colour in ((150, 24, 44), (150, 100, 60)))
    column = np.concatenate([gradient(wall, mix(wall, (0, 0, 0), 0.3), split)])
    picture = Image.new("RGB", (size, size), floor)
    picture.paste(Image.fromarray(np.broadcast_to(column, (split, size, 3)).astype(np.uint8)))
    pen = ImageDraw.Draw(picture)
    for x in np.linspace(0, size, 9):
        pen.line((x, 0, x, split), fill=mix(wall, (0, 0, 0), 0.35), width=3)
    x = size * rng.uniform(0.3, 0.7)
    pen.ellipse(
        (x - size * 0.3, size * 0.78, x + size * 0.3, size * 0.96),
        fill=mix(floor, (255, 240, 190), 0.5),
    )
    return picture


def _space(size: int, rng: np.random.Generator) -> Image.Image:
    picture = Image.new("RGB", (size, size), (6, 4, 20))
    pen = ImageDraw.Draw(picture)
    _stars(pen, size, size, 34, rng)
    planet: Colour = tuple(int(c) for c in rng.uniform(90, 230, 3))  # type: ignore[assignment]
    x, y, r = size * rng.choice([0.14, 0.86]), size * rng.uniform(0.1, 0.3), size * 0.11
    _disc(pen, x, y, r, planet)
    pen.arc(
        (x - r * 1.6, y - r * 0.5, x + r * 1.6, y + r * 0.5),
        0,
        360,
        mix(planet, (255, 255, 255), 0.5),
        3,
    )
    return picture


def _disc(pen: Pen, x: float, y: float, radius: float, colour: Colour) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _triangle(pen: Pen, x: float, top: float, bottom: float, half: float, colour: Colour) -> None:
    pen.polygon([(x, top), (x - half, bottom), (x + half, bottom)], fill=colour)


def _stars(pen: Pen, width: float, height: float, count: int, rng: np.random.Generator) -> None:
    for x, y in rng.uniform(0, 1, (count, 2)):
        _disc(pen, x * width, y * height, width * 0.008, (236, 236, 214))


def _fir(pen: Pen, x: float, top: float, foot: float, green: Colour, size: int) -> None:
    pen.rectangle((x - size * 0.015, foot - size * 0.08, x + size * 0.015, foot), fill=(80, 56, 36))
    _triangle(pen, x, top, foot - size * 0.06, size * 0.1, green)


def _palm(pen: Pen, x: float, light: str, size: int) -> None:
    top = size * 0.36
    pen.line((x, top, x, size * 0.78), fill=lit((130, 92, 56), light), width=max(2, size // 32))
    for dx, dy in ((-0.14, 0.05), (0.14, 0.05), (-0.1, -0.06), (0.1, -0.06)):
        leaf = (x + dx * size, top + dy * size)
        pen.line((x, top, *leaf), fill=lit((40, 130, 60), light), width=max(2, size // 28))


def _cactus(pen: Pen, x: float, light: str, size: int) -> None:
    green, wide = lit((52, 128, 66), light), max(2, size // 26)
    pen.line((x, size * 0.46, x, size * 0.72), fill=green, width=wide)
    for side in (-1, 1):
        elbow = x + side * size * 0.06
        pen.line((x, size * 0.6, elbow, size * 0.6, elbow, size * 0.52), fill=green, width=wide)


FEATURES: dict[str, Callable[[Pen, str, int, np.random.Generator], None]] = {
    "meadow": _meadow,
    "beach": _beach,
    "city": _city,
    "desert": _desert,
    "forest": _forest,
    "snow": _snow,
    "sea": _sea,
    "mountains": _mountains,
}

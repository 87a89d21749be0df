"""Heads of every look, so that copying a head is learned and no head is remembered.

Half are drawn faces, half are smooth textures with the statistics of photographs: what the model
has to carry from board to clip is then nothing it could know beforehand.
"""

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.data.palette import Colour, mix

WIDE, HIGH = 96, 120  # pixels; scaled to the head's size afterwards
SKINS: tuple[Colour, Colour] = ((74, 44, 30), (250, 214, 186))
HAIRS: tuple[Colour, ...] = (
    (24, 18, 16), (70, 44, 26), (140, 90, 46), (224, 190, 110), (168, 60, 30), (170, 170, 174),
)  # fmt: skip
Pen = ImageDraw.ImageDraw


def random_head(rng: np.random.Generator, drawn: bool) -> Image.Image:
    """A drawn face or a texture as an RGB picture, to be cut to an oval."""
    return _shaded(face(rng) if drawn else texture(rng), rng)


def face(rng: np.random.Generator) -> Image.Image:
    """A drawn face with hair, eyes, brows, nose and mouth, sometimes beard or glasses."""
    skin, hair = mix(*SKINS, rng.random()), _hair(rng)
    picture = Image.new("RGB", (WIDE, HIGH), hair)
    pen = ImageDraw.Draw(picture)
    fringe, side = rng.uniform(14, 44), rng.uniform(0, 16)
    pen.ellipse((side, fringe, WIDE - side, HIGH + 8), fill=skin)
    pen.rectangle((side + 6, fringe + 14, WIDE - side - 6, 70), fill=skin)
    if rng.random() < 0.25:
        pen.chord((side, 50, WIDE - side, HIGH + 6), 10, 170, fill=mix(hair, skin, 0.2))
    _eyes(pen, hair, rng)
    _nose_and_mouth(pen, skin, rng)
    return picture


def texture(rng: np.random.Generator) -> Image.Image:
    """Coloured noise whose amplitude falls with frequency, as in photographs."""
    fall = rng.uniform(1.2, 2.2)
    high, wide = np.meshgrid(np.fft.fftfreq(HIGH), np.fft.rfftfreq(WIDE), indexing="ij")
    weight = 1 / np.maximum(np.hypot(high, wide), 1 / HIGH) ** fall
    waves = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((3, HIGH, WIDE))) * weight, (HIGH, WIDE))
    waves /= waves.std((1, 2), keepdims=True)
    colours = np.tensordot(_colour_axes(rng), waves, 1).transpose(1, 2, 0)  # (H, W, 3)
    values = rng.uniform(70, 190) + rng.uniform(-30, 30, 3) + rng.uniform(30, 60) * colours
    picture = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return _with_blobs(picture, rng)


def _colour_axes(rng: np.random.Generator) -> np.ndarray:
    """Mixes three noises so that most of the contrast is light and dark, the rest is hue."""
    return np.ones((3, 3)) * [1, 0, 0] + rng.normal(0, 0.35, (3, 3))


def _with_blobs(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.integers(0, 5)):
        x, y = rng.uniform(10, WIDE - 10), rng.uniform(10, HIGH - 10)
        a, b = rng.uniform(4, 18, 2)
        pen.ellipse((x - a, y - b, x + a, y + b), fill=_any(rng))
    return picture


def _eyes(pen: Pen, hair: Colour, rng: np.random.Generator) -> None:
    apart, y = rng.uniform(15, 22), rng.uniform(52, 62)
    a, b, iris, brow = rng.uniform(7, 12), rng.uniform(4, 8), _any(rng), rng.uniform(3, 7)
    lift, glasses = rng.uniform(10, 16), rng.random() < 0.2
    for x in (WIDE / 2 - apart, WIDE / 2 + apart):
        pen.ellipse((x - a, y - b, x + a, y + b), fill=(246, 246, 242))
        pen.ellipse((x - b, y - b, x + b, y + b), fill=mix(iris, (0, 0, 0), 0.4))
        pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=(10, 10, 10))
        pen.line(
            (x - a - 2, y - lift, x + a + 2, y - lift),
            fill=mix(hair, (0, 0, 0), 0.3),
            width=int(brow),
        )
        if glasses:
            pen.ellipse((x - 15, y - 12, x + 15, y + 12), outline=(30, 30, 34), width=3)


def _nose_and_mouth(pen: Pen, skin: Colour, rng: np.random.Generator) -> None:
    middle, tip, wide = WIDE / 2, rng.uniform(74, 84), rng.uniform(4, 9)
    pen.polygon(
        [(middle, 60), (middle - wide, tip), (middle + wide, tip)],
        fill=mix(skin, (60, 20, 10), 0.25),
    )
    mouth, half, deep = tip + rng.uniform(9, 16), rng.uniform(10, 20), rng.uniform(4, 10)
    lips = mix(skin, (190, 30, 50), rng.uniform(0.4, 0.9))
    pen.chord((middle - half, mouth - deep, middle + half, mouth + deep), 0, 180, fill=lips)
    if rng.random() < 0.5:
        pen.rectangle(
            (middle - half * 0.6, mouth, middle + half * 0.6, mouth + deep * 0.4),
            fill=(250, 250, 246),
        )


def _shaded(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Light from one side, more or less of it."""
    x = np.linspace(-1, 1, WIDE)[None, :, None] * rng.uniform(-0.3, 0.3)
    y = np.linspace(-1, 1, HIGH)[:, None, None] * rng.uniform(-0.25, 0.1)
    values = np.asarray(picture, np.float32) * (rng.uniform(0.75, 1.1) + x + y)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def _hair(rng: np.random.Generator) -> Colour:
    return (
        _any(rng) if rng.random() < 0.2 else mix(HAIRS[rng.integers(len(HAIRS))], _any(rng), 0.15)
    )


def _any(rng: np.random.Generator) -> Colour:
    red, green, blue = (int(value) for value in rng.integers(10, 250, 3))
    return red, green, blue

"""Styles, weather and the camera: what happens to a whole frame after it is drawn."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

PAN, ZOOM = 0.2, 1.35  # how far a camera goes, in frame widths and in scale
Style = Callable[[Image.Image], Image.Image]


def styled(frame: Image.Image, style: str) -> Image.Image:
    """The frame in a style."""
    return STYLES[style](frame)


def fall(frame: Image.Image, weather: str, second: float, seed: int) -> None:
    """Rain, snow or fog over the frame, in place."""
    if weather == "fog":
        return frame.paste(Image.blend(frame, Image.new("RGB", frame.size, (206, 210, 216)), 0.55))
    if weather == "clear":
        return None
    wide, high = frame.size
    drops, speed = (16, 1.5) if weather == "rain" else (22, 0.35)
    rng, pen = np.random.default_rng(seed), ImageDraw.Draw(frame)
    for x, y in rng.uniform(0, 1, (drops, 2)):
        _drop(pen, weather, x * wide, (y + speed * second) % 1.1 * high, (wide * high) ** 0.5)
    return None


def zoomed(frame: Image.Image, camera: str, share: float) -> Image.Image:
    """The frame as a zooming camera sees it at a share of the clip."""
    if not camera.startswith("zooms"):
        return frame
    scale = 1 + (ZOOM - 1) * (share if camera == "zooms in" else 1 - share)
    wide, high = frame.size
    left, top = wide * (1 - 1 / scale) / 2, high * (1 - 1 / scale) * 0.6
    box = (left, top, left + wide / scale, top + high / scale)
    return frame.resize(frame.size, Image.Resampling.BILINEAR, box=box)


def panned(ground: Image.Image, camera: str, share: float, width: int) -> Image.Image:
    """The part of a wide ground that a panning camera sees at a share of the clip."""
    slack = ground.width - width
    along = {"pans right": share, "pans left": 1 - share}.get(camera, 0.5)
    left = round(slack * along)
    return ground.crop((left, 0, left + width, ground.height))


def _drop(pen: ImageDraw.ImageDraw, weather: str, x: float, y: float, unit: float) -> None:
    if weather == "rain":
        pen.line((x, y, x - unit * 0.02, y + unit * 0.1), fill=(190, 214, 240), width=2)
    else:
        radius = unit * 0.016
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 255, 255))


def _pastel(frame: Image.Image) -> Image.Image:
    return Image.blend(frame, Image.new("RGB", frame.size, (255, 244, 250)), 0.5)


def _noir(frame: Image.Image) -> Image.Image:
    grey = np.asarray(frame.convert("L"), np.float32)
    return _grey(np.clip((grey - 110) * 1.5 + 105, 0, 255))


def _neon(frame: Image.Image) -> Image.Image:
    pixels = np.asarray(frame, np.float32)
    hue = pixels - pixels.mean(-1, keepdims=True)
    glow = np.clip(pixels * 0.35 + hue * 1.5 + (30, 0, 60), 0, 255)
    return Image.fromarray(glow.astype(np.uint8))


def _sketch(frame: Image.Image) -> Image.Image:
    grey = frame.convert("L")
    edges = np.asarray(grey.filter(ImageFilter.FIND_EDGES), np.float32)
    edges[:1], edges[-1:], edges[:, :1], edges[:, -1:] = 0, 0, 0, 0
    return _grey(np.clip(250 - 2.2 * edges - (255 - np.asarray(grey, np.float32)) * 0.18, 0, 255))


def _pixel(frame: Image.Image) -> Image.Image:
    side = max(4, round((frame.width * frame.height) ** 0.5 / 27))
    small = frame.resize((frame.width // side, frame.height // side), Image.Resampling.BOX)
    return small.resize(frame.size, Image.Resampling.NEAREST)


def _sepia(frame: Image.Image) -> Image.Image:
    grey = np.asarray(frame.convert("L"), np.float32)[..., None]
    return Image.fromarray(np.clip(grey * (1.0, 0.82, 0.58) + (26, 12, 0), 0, 255).astype(np.uint8))


def _paper(frame: Image.Image) -> Image.Image:
    return frame.quantize(7, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).convert(
        "RGB"
    )


def _grey(values: np.ndarray) -> Image.Image:
    return Image.fromarray(values.astype(np.uint8)).convert("RGB")


STYLES: dict[str, Style] = {
    "cartoon": lambda frame: frame,
    "pastel": _pastel,
    "noir": _noir,
    "neon": _neon,
    "sketch": _sketch,
    "pixel": _pixel,
    "sepia": _sepia,
    "paper": _paper,
}

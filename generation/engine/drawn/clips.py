"""A clip of the drawn world: its frames, its reference board, its sound and its words."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from generation.engine import board
from generation.engine.drawn import captions, figures, places, sounds, styles, things
from generation.engine.drawn.scene import Look, Scene

FPS = 8
SHAPES = ((160, 288), (288, 160), (192, 192))  # (width, height)


@dataclass(frozen=True)
class Clip:
    """frames (T, H, W, 3) and board (H, W, 3) uint8, sound (S,) float32."""

    scene: Scene
    captions: list[str]
    frames: np.ndarray
    board: np.ndarray
    sound: np.ndarray


def make(
    scene: Scene, size: tuple[int, int], count: int, rng: np.random.Generator, wordings: int = 1
) -> Clip:
    """Draw, sound and word a scene."""
    words = [captions.caption(scene, rng) for _ in range(wordings)]
    sound = sounds.synthesise(scene, count / FPS, np.random.default_rng(scene.seed))
    return Clip(scene, words, draw(scene, size, count), board_of(scene, size), sound)


def draw(
    scene: Scene, size: tuple[int, int], count: int, fine: int = 1, step: int = 1
) -> np.ndarray:
    """Every `step`th of so many frames (T, H, W, 3); drawn `fine` times as large, then averaged."""
    large = size[0] * fine, size[1] * fine
    wide = round(large[0] * (1 + styles.PAN)), large[1]
    ground = places.paint(scene.place, scene.light, wide, np.random.default_rng(scene.seed))
    seconds, length = np.arange(0, count, step) / FPS, max(count - 1, 1) / FPS
    frames = [_frame(ground, scene, large, second, length) for second in seconds]
    return np.stack([np.asarray(frame.reduce(fine) if fine > 1 else frame) for frame in frames])


def draw_ground(scene: Scene, size: tuple[int, int], count: int, step: int) -> np.ndarray:
    """The same frames without anybody or anything in them."""
    return draw(replace(scene, cast=(), thing=None), size, count, step=step)


def board_of(scene: Scene, size: tuple[int, int]) -> np.ndarray:
    """The board of a scene's cast; all white where it is not shown."""
    return np.asarray(board.cast_board(scene.cast if scene.shown else (), *size))


def _frame(
    ground: Image.Image, scene: Scene, size: tuple[int, int], second: float, length: float
) -> Image.Image:
    share = second / length if length else 0.0
    frame = styles.panned(ground, scene.camera, share, size[0])
    if scene.thing:
        things.place(frame, scene.thing, second, length, beside=bool(scene.cast))
    _figures(frame, scene.cast, scene.action, second, length)
    styles.fall(frame, scene.weather, second, scene.seed)
    return styles.styled(styles.zoomed(frame, scene.camera, share), scene.style)


def _figures(
    frame: Image.Image, cast: tuple[Look, ...], action: str, second: float, length: float
) -> None:
    high = figures.height_of(len(cast), *frame.size)
    for place, look in enumerate(cast):
        stance = figures.pose(action, second, length, place, len(cast))
        x = figures.spot(place, len(cast), frame.width)
        figures.draw(frame, look, stance, x, figures.FEET * frame.height, high)

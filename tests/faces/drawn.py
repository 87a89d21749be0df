"""Drawn heads: faces nobody has, in a pose that is known. Their look comes from a seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

SIZE = (400, 360)  # width, height in pixels
SCALE = 2.2  # pixels per unit of the drawing; a face is about 40 units wide to each side
WHITE, BLACK = (240, 240, 240), (10, 10, 10)
ROUND = np.linspace(0, 2 * np.pi, 72)


class Drawn:
    """One invented head; `turned` draws it at any yaw and pitch."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.skin = np.array([130, 160, 200]) * rng.uniform(0.55, 1.15)
        self.hair = np.array([15, 25, 35]) * rng.uniform(0.5, 4)
        self.wide, self.high = rng.uniform(34, 42), rng.uniform(45, 53)
        self.jaw = rng.uniform(0.6, 0.95)
        self.eye_x, self.eye_y, self.eye = (
            rng.uniform(15, 19),
            -rng.uniform(8, 12),
            rng.uniform(5, 7),
        )
        self.iris = rng.uniform(20, 180, 3)
        self.brow = rng.uniform(1.5, 4)
        self.nose, self.nostril = rng.uniform(9, 15), rng.uniform(4, 8)
        self.mouth, self.lip = rng.uniform(10, 15), rng.uniform(2, 4)
        self.beard = rng.uniform() > 0.5
        self.grain = rng.normal(0, 6, (SIZE[1], SIZE[0], 1))
        self.room = cv2.resize(rng.uniform(90, 180, (4, 5, 1)) * np.ones(3), SIZE)

    def turned(self, yaw: float, pitch: float) -> np.ndarray:
        """The picture (360, 400, 3) uint8 BGR, the head turned as Face.pose counts."""
        self.picture = self.room.copy()
        self.angles = np.radians([yaw, pitch])
        self._head()
        for side in (-1, 1):
            self._eye(side)
        self._nose()
        self._mouth()
        shade = np.linspace(1.1, 0.85, SIZE[0])[None, :, None]
        shown = cv2.GaussianBlur(self.picture * shade, (0, 0), 0.8) + self.grain
        return np.clip(shown, 0, 255).astype(np.uint8)

    def _head(self) -> None:
        x, y = np.cos(ROUND), np.sin(ROUND)
        narrow = np.where(y < 0, 1, 1 + (self.jaw - 1) * y**2)
        top = np.minimum(-0.62 * self.high, self.high * y)
        self._paint(1.18 * self.wide * x, 1.15 * self.high * np.minimum(y, 0.4) - 4, self.hair, -12)
        self._paint(self.wide * x * narrow, self.high * y, self.skin, 0)
        self._paint(0.98 * self.wide * x, top, self.hair, 3)
        if self.beard:
            chin = np.maximum(0.5 * self.high, 0.97 * self.high * y)
            shadow = 0.7 * self.hair + 0.3 * self.skin
            self._paint(0.9 * self.wide * x * narrow, chin, shadow, 2)

    def _eye(self, side: int) -> None:
        x, y, at = np.cos(ROUND), np.sin(ROUND), side * self.eye_x
        self._paint(at + 1.45 * self.eye * x, self.eye_y + 0.7 * self.eye * y, WHITE)
        for size, colour in ((0.6 * self.eye, self.iris), (0.28 * self.eye, BLACK)):
            self._paint(at + size * x, self.eye_y + size * y, colour)
        brow_x = side * (self.eye_x + np.array([-8, 0, 8, 0]))
        brow_y = self.eye_y - self.eye - 3 + self.brow * np.array([0.5, -0.5, 0.5, 0.7])
        self._paint(brow_x, brow_y, 0.7 * self.hair)

    def _nose(self) -> None:
        top, tip, n = self.eye_y + 2, self.eye_y + 6 + self.nose, self.nostril
        x, y = np.array([-0.4 * n, -n, 0, n, 0.4 * n]), np.array([top, tip, tip + 3, tip, top])
        self._paint(x, y, 0.84 * self.skin, self._bulge(x, y) + [0, 0, 7, 0, 0])

    def _mouth(self) -> None:
        x = np.linspace(-1, 1, 15)
        thick = self.lip * (1 - x**2)
        line = self.eye_y + self.nose + 19 - 2 * x**2
        across = self.mouth * np.concatenate([x, x[::-1]])
        down = np.concatenate([line - thick, (line + 1.4 * thick)[::-1]])
        self._paint(across, down, self.skin * [0.65, 0.6, 0.9])

    def _bulge(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """How far the face's curve stands out at places of the drawing."""
        beyond = (x / (self.wide + 4)) ** 2 + (y / (self.high + 6)) ** 2
        return 26 * np.sqrt(np.clip(1 - beyond, 0, 1))

    def _paint(
        self,
        x: np.ndarray,
        y: np.ndarray,
        colour: Sequence[float],
        z: float | np.ndarray | None = None,
    ) -> None:
        """Fill an outline at a depth, by default on the face's curve, turned with the head."""
        z = self._bulge(x, y) if z is None else z
        (cy, cp), (sy, sp) = np.cos(self.angles), np.sin(self.angles)
        across, depth = x * cy + z * sy, z * cy - x * sy
        points = np.column_stack([across, y * cp - depth * sp]) * SCALE + np.array(SIZE) / 2
        outline = np.round(points * 16).astype(np.int32)
        cv2.fillPoly(self.picture, [outline], tuple(map(float, colour)), cv2.LINE_AA, 4)


def drawn_turning(seed: int, path: Iterable[tuple[float, float]]) -> list[np.ndarray]:
    """One frame per pose of an invented head."""
    head = Drawn(seed)
    return [head.turned(yaw, pitch) for yaw, pitch in path]

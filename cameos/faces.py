"""Faces in a picture: the only door to insightface."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from cameos.pack import session
from cameos.pack.card import Pack, PackBroken, PackMissing, Thresholds, read_pack

__all__ = [
    "Face",
    "Pack",
    "PackBroken",
    "PackMissing",
    "Reader",
    "Thresholds",
    "read_pack",
    "reader",
]

TASKS = ("detection", "landmark_3d_68", "recognition")


@dataclass(frozen=True, eq=False)
class Face:
    """One face of a picture: where, how sure, turned which way, and whose.

    `box` is x1, y1, x2, y2 in pixels; `pose` pitch, yaw, roll in degrees, yaw positive to the
    subject's own left, pitch positive upwards, both relative to nothing but each other.
    """

    box: tuple[float, ...]  # four
    score: float
    pose: tuple[float, ...]  # three
    landmarks: np.ndarray  # (68, 3) pixels
    template: np.ndarray  # (dim,) unit float32

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


class Reader:
    """Reads faces with one pack; its models load on first use, and never from a network."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def faces(self, bgr: np.ndarray, *, wide: bool = False) -> list[Face]:
        """The faces of a picture (H, W, 3) uint8 BGR; `wide` also looks for small ones."""
        sizes = self.pack.detection.wide if wide else self.pack.detection.sizes
        if max(bgr.shape[:2]) > min(sizes) * min(bgr.shape[:2]):
            return []  # a strip that would shrink to nothing
        boxes, points = self._models["detection"].detect(bgr, input_size=[(s, s) for s in sizes])
        return [self._describe(bgr, *found) for found in zip(boxes, points, strict=True)]

    def _describe(self, bgr: np.ndarray, box: np.ndarray, points: np.ndarray) -> Face:
        from insightface.app.common import Face as Found  # noqa: PLC0415 -- behind the door

        found = Found(bbox=box[:4], kps=points, det_score=box[4])
        self._models["landmark_3d_68"].get(bgr, found)
        if self.pack.refine:
            found.kps = five_points(found.landmark_3d_68)
        template = self._models["recognition"].get(bgr, found)
        return Face(
            box=tuple(map(float, box[:4])),
            score=float(box[4]),
            pose=tuple(map(float, found.pose)),
            landmarks=found.landmark_3d_68,
            template=(template / np.linalg.norm(template)).astype(np.float32),
        )

    @cached_property
    def _models(self) -> dict[str, Any]:
        from insightface.app import FaceAnalysis  # noqa: PLC0415 -- onnxruntime loads on first use

        # insightface aligns with a call that scikit-image has renamed; it says so at every face.
        warnings.filterwarnings("ignore", "`estimate` is deprecated", FutureWarning)
        models = FaceAnalysis(
            name=str(self.pack.folder),
            allowed_modules=TASKS,
            providers=["CPUExecutionProvider"],
            sess_options=session.options(),
        )
        models.prepare(ctx_id=-1, det_thresh=self.pack.detection.score)
        if missing := set(TASKS) - set(models.models):
            raise PackBroken(folder=self.pack.folder, missing=sorted(missing))
        return models.models


@lru_cache
def reader(folder: Path) -> Reader:
    """The one reader of a pack folder in this process."""
    return Reader(read_pack(folder))


def five_points(landmarks: np.ndarray) -> np.ndarray:
    """Eyes, nose tip, mouth corners (5, 2) of 68 landmarks: some detectors lack the mouth."""
    eyes = landmarks[36:42].mean(0), landmarks[42:48].mean(0)
    return np.stack([*eyes, landmarks[30], landmarks[48], landmarks[54]])[:, :2].astype(np.float32)

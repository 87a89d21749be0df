"""A face's surface: 468 points with depth. Only the lite pack has the net for it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from cameos.pack.card import Pack, PackBroken
from cameos.pack.session import open_net

NET = "mesh/mesh468.onnx"  # in a folder of its own, where insightface does not look
SIDE = 192  # pixels of the crop
MARGIN = 1.5  # crop over box


def mesh(pack: Pack, bgr: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    """The points (468, 3) of the face in a box, in the picture's pixels; depth grows away."""
    import cv2  # noqa: PLC0415 -- loads on first use

    to_crop = _to_crop(box)
    crop = cv2.warpAffine(bgr, to_crop, (SIDE, SIDE))
    blob = cv2.dnn.blobFromImage(crop, 1 / 128, (SIDE, SIDE), (127.5,) * 3, swapRB=True)
    points = _net(pack.folder).run(None, {"data": blob})[0][0]
    scale = to_crop[0, 0]
    return np.column_stack([(points[:, :2] - to_crop[:, 2]) / scale, points[:, 2] / scale])


def _to_crop(box: tuple[float, ...]) -> np.ndarray:
    """(2, 3): the square around a box, scaled to the crop."""
    x1, y1, x2, y2 = box
    scale = SIDE / (max(x2 - x1, y2 - y1) * MARGIN)
    middle = np.array([x1 + x2, y1 + y2]) / 2
    return np.column_stack([np.eye(2) * scale, SIDE / 2 - middle * scale])


@lru_cache
def _net(folder: Path) -> Any:
    if not (folder / NET).is_file():
        raise PackBroken(folder=folder, missing=[NET])
    return open_net(folder / NET)

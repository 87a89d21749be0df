"""Reference pictures: how sharp a face or a frame is, and pictures that carry nothing else."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cameos.faces import Face

if TYPE_CHECKING:
    from cameos.capture import Verdict

MARGIN = 2.0  # side of a reference picture over that of the face
SIDE = 512  # pixels at most
LOOK = 128  # pixels to which a face is scaled before its sharpness is taken


def sharpness(bgr: np.ndarray, face: Face) -> float:
    """Of the face alone, whatever its size and light."""
    x1, y1, x2, y2 = (max(0, int(side)) for side in face.box)
    return clearness(bgr[y1:y2, x1:x2])


def clearness(bgr: np.ndarray) -> float:
    """The variance of the Laplacian over that of the picture itself."""
    import cv2  # noqa: PLC0415 -- loads on first use

    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    scaled = cv2.resize(grey, (LOOK, LOOK))
    return float(cv2.Laplacian(scaled, cv2.CV_64F).var() / max(scaled.var(), 1.0))


def reference_pictures(frames: Sequence[np.ndarray], verdict: Verdict) -> list[bytes]:
    """The references of a passed capture as WebP, best first, right way round.

    `frames` are those the check was given (BGR). Square crops of twice the face where the frame
    allows, at most 512 px, of pixels only.
    """
    pairs = zip(verdict.references, verdict.faces, strict=True)
    return [_picture(frames[index], face, verdict.mirrored) for index, face in pairs]


def _picture(frame: np.ndarray, face: Face, mirrored: bool) -> bytes:
    shown = frame[:, ::-1] if mirrored else frame
    x1, y1, x2, y2 = _crop(face, *shown.shape[:2])
    return as_webp(shown[y1:y2, x1:x2])


def clearest(frames: Sequence[np.ndarray], most: int, apart: int) -> list[int]:
    """The clearest frames, best first, none nearer to another than so many frames."""
    chosen: list[int] = []
    for index in np.argsort([clearness(frame) for frame in frames])[::-1].tolist():
        if all(abs(index - other) >= apart for other in chosen):
            chosen.append(index)
    return chosen[:most]


def as_webp(bgr: np.ndarray) -> bytes:
    """The pixels (H, W, 3) and nothing else, at most 512 px."""
    from PIL import Image  # noqa: PLC0415 -- only when there is something to keep

    picture = Image.fromarray(np.ascontiguousarray(bgr[..., ::-1]))
    picture.thumbnail((SIDE, SIDE))
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=92)
    return written.getvalue()


def _crop(face: Face, height: int, width: int) -> tuple[int, int, int, int]:
    """The square around a face: shrunk to the frame and moved inside it."""
    side = min(int(MARGIN * max(face.width, face.height)), width, height)
    middle_x, middle_y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
    left = int(np.clip(middle_x - side / 2, 0, width - side))
    top = int(np.clip(middle_y - side / 2, 0, height - side))
    return left, top, left + side, top + side

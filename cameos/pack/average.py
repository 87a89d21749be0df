"""The average face's texture, over the small public face set that comes with scikit-image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from cameos.faces import five_points
from cameos.pack.lbp import SIDE, histogram_model
from cameos.pack.session import open_net

FACES = 100  # the first hundred of the set are faces, the others are not
SCORE = 0.4  # they are 25 pixels wide: the usual bar is too high
DIGITS = 3  # kept, so that another machine's rounding gives the same bytes


def average_face(folder: Path) -> np.ndarray:
    """The mean histogram (8673,) of the faces that the folder's detector and landmarks align."""
    crops = np.stack(list(_aligned(folder)))
    blob = cv2.dnn.blobFromImages(crops, 1 / 127.5, (SIDE, SIDE), (127.5,) * 3, swapRB=True)
    net = open_net(histogram_model().SerializeToString())
    return net.run(None, {"input.1": blob})[0].mean(0).round(DIGITS)


def _aligned(folder: Path) -> Iterator[np.ndarray]:
    from insightface.app import FaceAnalysis  # noqa: PLC0415 -- only a build needs it
    from insightface.utils import face_align  # noqa: PLC0415

    finder = FaceAnalysis(name=str(folder), providers=["CPUExecutionProvider"])
    finder.prepare(ctx_id=-1, det_thresh=SCORE, det_size=(128, 128))
    for picture in _pictures():
        for face in finder.get(picture)[:1]:
            yield face_align.norm_crop(picture, five_points(face.landmark_3d_68))


def _pictures() -> Iterator[np.ndarray]:
    import skimage  # noqa: PLC0415 -- only a build needs it

    small = np.load(Path(skimage.__file__).parent / "data" / "lfw_subset.npy")[:FACES]
    for face in (small * 255).astype(np.uint8):
        large = cv2.resize(face, (150, 150), interpolation=cv2.INTER_CUBIC)
        framed = cv2.copyMakeBorder(large, 40, 40, 40, 40, cv2.BORDER_REPLICATE)
        yield cv2.cvtColor(framed, cv2.COLOR_GRAY2BGR)

"""What is wrong with a pack folder: for the builder, and for an operator who brings one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cameos.faces import Face, Reader
from cameos.pack.card import CARD, Pack, PackBroken, PackMissing, file_hash, read_pack

PHOTOGRAPH = "data/astronaut.png"  # public domain, in scikit-image
FACE = (170, 65, 275, 195)  # where the face is in it, in pixels


def check(folder: Path) -> list[str]:
    """Findings about a pack folder in words; empty when it can be used."""
    folder = Path(folder)
    try:
        read_pack(folder)
    except PackMissing:
        return [f"{folder} has no {CARD}.", *_describe(folder)]
    except PackBroken as error:
        return [f"{folder} is not as its {CARD} says: {error.facts}", *_describe(folder)]
    return self_test(folder)


def _describe(folder: Path) -> list[str]:
    """The models that lie there with their hashes, to write a card from."""
    return [f"{path.name}: sha256 {file_hash(path)}" for path in sorted(folder.glob("*.onnx"))]


def self_test(folder: Path) -> list[str]:
    """Does the pack see the one face of a known photograph, with pose and a template?"""
    pack = read_pack(folder)
    try:
        faces = Reader(pack).faces(photograph())
    except PackBroken as error:
        return [f"The folder lacks models for {error.facts['missing']}."]
    except Exception as error:  # a model of the wrong shape fails in any way it likes
        return [f"The models do not run: {error!r}"]
    if len(faces) != 1:
        return [f"The photograph shows 1 face, the pack found {len(faces)}."]
    return _judge(faces[0], pack)


def photograph() -> np.ndarray:
    """The astronaut photograph (512, 512, 3) BGR, public domain."""
    import cv2  # noqa: PLC0415 -- loads on first use
    import skimage  # noqa: PLC0415

    return np.asarray(cv2.imread(str(Path(skimage.__file__).parent / PHOTOGRAPH)))


def _judge(face: Face, pack: Pack) -> list[str]:
    found = {
        "The face was found in the wrong place.": _overlap(face.box, FACE) < 0.4,
        "The pose is not that of a face looking ahead.": max(map(abs, face.pose)) > 30,
        f"Templates have {len(face.template)} numbers, the card says {pack.dim}.": (
            len(face.template) != pack.dim
        ),
    }
    return [finding for finding, wrong in found.items() if wrong]


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return wide * high / (area - wide * high)

"""The child that looks at a character's clip: `python -m cameos.sketching_child ORDER FOLDER`.

Whoever is in it would be a person's likeness, and that is a cameo's business: one face that is not
tiny, in any frame, refuses the clip.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import django
import numpy as np

from cameos.faces import Face, Reader
from cameos.looking import write_down
from cameos.verifying import Finding

SIDE = 512  # pixels
LARGEST_FACE = 0.02  # share of the frame
PICTURES, APART = 3, 4  # how many, and frames between two of them
QUARTERS = (1, 2, 3)  # turns by which a face may have been hidden from a reader that expects it up
LEAST_SPREAD = 2.0  # of the grey levels of a frame; below it there is nothing to see


def main(order: dict[str, Any], folder: Path) -> None:
    """Look, and leave in the folder what was found."""
    django.setup()  # our errors stand on a framework that asks for it
    write_down(_look(order), folder)


def _look(order: dict[str, Any]) -> Finding:
    from cameos.faces import reader  # noqa: PLC0415 -- after the set-up
    from cameos.pictures import as_webp, clearest  # noqa: PLC0415
    from sora_social.uploads import UploadRefused, read_clip  # noqa: PLC0415

    try:
        clip = read_clip(Path(order["clip"]), side=SIDE)
    except UploadRefused as refused:
        return Finding(False, (str(refused.facts["rule"]),))
    within = (clip.times >= order["start"]) & (clip.times <= order["end"])
    frames = list(clip.bgr[within])
    if not frames or max(float(frame.std()) for frame in frames) < LEAST_SPREAD:
        return Finding(False, ("nothing_to_see",))
    best = [frames[index] for index in clearest(frames, PICTURES, APART)]
    if shows_somebody(reader(Path(order["pack"])), frames, best):
        return Finding(False, ("human_face",))
    return Finding(True, pictures=tuple(map(as_webp, best)))


def shows_somebody(eyes: Reader, frames: Sequence[np.ndarray], kept: Sequence[np.ndarray]) -> bool:
    """A face in any of the frames, or on its side or its head in one that is kept."""
    turned = (np.ascontiguousarray(np.rot90(frame, by)) for frame in kept for by in QUARTERS)
    shown = (picture for pictures in (frames, turned) for picture in pictures)
    return any(_is_large(face, frame) for frame in shown for face in eyes.faces(frame, wide=True))


def _is_large(face: Face, frame: np.ndarray) -> bool:
    return face.width * face.height > LARGEST_FACE * frame.shape[0] * frame.shape[1]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))

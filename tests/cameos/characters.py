"""Characters for tests: drawn clips, and rows made by the functions that make real ones."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import uuid4

import av
import cv2
import numpy as np

from cameos.models import Character
from cameos.services import Part, make_character
from cameos.sketching import settle
from cameos.states import CharacterAudience
from cameos.verifying import Finding
from sora_social.users.models import User
from tests.cameos.making import head
from tests.faces.drawn import drawn_turning

SIDE, FPS = 256, 8
_numbers = count(1)


def pet_clip(folder: Path, seconds: float = 3.0, seed: int | None = None) -> Path:
    """A drawn cat without a face that walks over a meadow."""
    return film(cat(int(seconds * FPS), seed or next(_numbers)), folder)


def cat(frames: int, seed: int = 1) -> list[np.ndarray]:
    """(256, 256, 3) uint8 BGR each."""
    return [_cat(step, seed) for step in range(frames)]


def _cat(step: int, seed: int) -> np.ndarray:
    picture = np.full((SIDE, SIDE, 3), (200, 180, 120), np.uint8)
    picture[150:] = (60, 140 + seed % 60, 70)
    x = 50 + 4 * step % 150
    cv2.ellipse(picture, (x, 170), (45, 22), 0, 0, 360, (40, 90, 180), -1)
    cv2.circle(picture, (x + 48, 150), 18, (40, 90, 180), -1)
    for leg in (-30, -10, 10, 30):
        cv2.line(picture, (x + leg, 185), (x + leg, 215), (30, 70, 150), 6)
    cv2.line(picture, (x - 45, 165), (x - 75, 130), (30, 70, 150), 6)
    return picture


def face_clip(folder: Path, seconds: float = 3.0) -> Path:
    """A drawn head that looks ahead."""
    return film(drawn_turning(3, [(0.0, 0.0)] * int(seconds * FPS)), folder)


def film(frames: list[np.ndarray], folder: Path) -> Path:
    """The frames as an H.264 clip."""
    out = folder / f"clip-{next(_numbers)}.mp4"
    with av.open(str(out), "w") as file:
        stream = file.add_stream("libx264", rate=FPS)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        file.mux(stream.encode())
    return out


def making(owner: User, handle: str | None = None, **told: str) -> Character:
    """A character that waits to be looked at; as if of a video, so that no clip is decoded."""
    number = next(_numbers)
    with NamedTemporaryFile() as file:
        file.write(b"a video %d" % number)
        file.flush()
        part = Part(uuid4(), 0.0, 3.0)
        named = {"handle": handle or f"pet_{number}", "kind": told.pop("kind", "pet")}
        return make_character(owner, Path(file.name), part=part, **named, **told)


def ready(
    owner: User,
    handle: str | None = None,
    audience: str = CharacterAudience.EVERYONE,
    **told: str,
) -> Character:
    """One that a worker has found to be nobody; its pictures are drawn."""
    made = making(owner, handle, audience=audience, **told)
    settle(made, Finding(True, pictures=tuple(head(next(_numbers), place) for place in range(2))))
    made.refresh_from_db()
    return made

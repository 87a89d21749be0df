"""Faces followed through a film: one track is one face that stays about where it was and looks
the same, so that who changes into somebody else is two tracks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from cameos.faces import Face
from cameos.types import Box

EVERY = 0.25  # seconds between two looks, at most
CUT = 60  # levels of 255 by which a part of the picture changes at a cut
PARTS = 8  # of a side of the picture that is compared for cuts
LAPSE = 0.6  # seconds after which a face that went unseen begins a new track
LINKED = 0.3  # overlap of a face's boxes in two looks, of their union

Picture = TypeVar("Picture")


def looks(
    frames: Iterable[tuple[float, np.ndarray, Picture]],
) -> Iterator[tuple[float, Picture]]:
    """Which frames are looked at: one each EVERY seconds, and every first after a cut.

    Frames come as seconds, the picture in grey (PARTS, PARTS) uint8, and the picture itself.
    """
    before: tuple[float, np.ndarray] | None = None
    for at, grey, picture in frames:
        level = grey.astype(np.int16)
        if before is None or at - before[0] >= EVERY - 1e-3 or _is_cut(before[1], level):
            before = at, level
            yield at, picture


def _is_cut(before: np.ndarray, now: np.ndarray) -> bool:
    return bool(np.abs(now - before).max() > CUT)


@dataclass(eq=False)
class Track:
    """One face through a film: when and where it is seen best, and what it looks like."""

    at: float  # seconds
    box: Box
    score: float
    total: np.ndarray  # (dim,), the sum of its templates
    last_at: float
    last_box: Box

    @property
    def template(self) -> np.ndarray:
        """The mean of its templates, (dim,) unit float32."""
        mean: np.ndarray = self.total / np.linalg.norm(self.total)
        return mean

    def take(self, at: float, face: Face, box: Box) -> None:
        """The same face once more."""
        self.total, self.last_at, self.last_box = self.total + face.template, at, box
        if face.score > self.score:
            self.at, self.box, self.score = at, box, face.score


class Tracks:
    """The tracks of one film; `same` is the least similarity of one face to itself."""

    def __init__(self, same: float) -> None:
        self.same, self.found = same, list[Track]()

    def see(self, at: float, faces: Iterable[Face], size: tuple[int, int]) -> None:
        """The faces of one look; `size` is the picture's height and width in pixels."""
        for face in faces:
            box = _shares(face.box, size)
            track = self._track_of(at, face, box)
            if track is None:
                self.found.append(Track(at, box, face.score, face.template, at, box))
            else:
                track.take(at, face, box)

    def _track_of(self, at: float, face: Face, box: Box) -> Track | None:
        """The most similar of the tracks that it may go on with."""
        near = [
            (float(track.template @ face.template), track)
            for track in self.found
            if track.last_at < at <= track.last_at + LAPSE and overlap(track.last_box, box) > LINKED
        ]
        alike, track = max(near, key=lambda one: one[0], default=(-1.0, None))
        return track if alike >= self.same else None


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)) - wide * high
    return wide * high / union if union > 0 else 0.0


def _shares(box: tuple[float, ...], size: tuple[int, int]) -> Box:
    height, width = size
    left, top, right, bottom = box
    shares = left / width, top / height, right / width, bottom / height
    return tuple(min(max(share, 0.0), 1.0) for share in shares)  # type: ignore[return-value]

"""What is looked at of a film or picture: a few small frames and their times.

Of what we write they are taken while the frames pass on their way to the encoder, so that nobody
decodes a film again to look at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import av

FILE = "looks.npz"  # beside the files of a clip or still; never stored
MOST = 48  # frames of a film, evenly spread
SIDE = 384  # pixels of the longer side, at most
FILMS = frozenset({".mp4"})
PICTURES = frozenset({".webp", ".png", ".jpg"})


class Looks(NamedTuple):
    """Times (K,) in seconds, and frames (K, H, W, 3) RGB."""

    times: np.ndarray
    frames: np.ndarray

    def save(self, folder: Path) -> None:
        """Write them into a folder, where `read` finds them."""
        np.savez(folder / FILE, times=self.times, frames=self.frames)


class Sampler:
    """Takes the frames of a film as they pass, and keeps those that are looked at."""

    def __init__(self, count: int, fps: float) -> None:
        self.every, self.fps, self.seen = _every(count), fps, 0
        self._kept: list[tuple[float, np.ndarray]] = []

    def show(self, frame: av.VideoFrame) -> None:
        """The next frame."""
        if self.seen % self.every == 0 and len(self._kept) < MOST:
            self._kept.append((self.seen / self.fps, _small(frame)))
        self.seen += 1

    @property
    def looks(self) -> Looks:
        times, frames = zip(*self._kept, strict=True) if self._kept else ((), ())
        nothing = np.empty((0, 1, 1, 3), np.uint8)
        return Looks(np.array(times, np.float64), np.stack(frames) if frames else nothing)


def read(folder: Path) -> Looks:
    """What was kept of the clip or still whose files are in a folder. Raises OSError."""
    with np.load(folder / FILE, allow_pickle=False) as kept:
        return Looks(kept["times"], kept["frames"])


def of_picture(picture: Image.Image) -> Looks:
    """The one look at a picture."""
    small = picture.convert("RGB")
    small.thumbnail((SIDE, SIDE))
    return Looks(np.zeros(1), np.asarray(small)[None])


def of_file(path: Path) -> Looks:
    """Those of a file that we made: a picture, or a film, which is decoded. Raises OSError."""
    if path.suffix not in FILMS:
        with Image.open(path) as opened:
            return of_picture(opened)
    import av  # noqa: PLC0415 -- loads when first used

    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        sampler = Sampler(stream.frames or MOST, float(stream.average_rate or 1))
        for frame in film.decode(stream):
            sampler.show(frame)
    return sampler.looks


def is_seen(path: Path) -> bool:
    """Whether a file is one that can be looked at."""
    return path.suffix in FILMS | PICTURES


def each(looks: Looks) -> Iterator[tuple[float, np.ndarray]]:
    """(seconds, frame (H, W, 3)), one after the other."""
    yield from zip(looks.times.tolist(), looks.frames, strict=True)


def _every(count: int) -> int:
    return max(1, -(-count // MOST))


def _small(frame: av.VideoFrame) -> np.ndarray:
    share = min(1.0, SIDE / max(frame.width, frame.height))
    width, height = (max(1, round(side * share)) for side in (frame.width, frame.height))
    return frame.to_ndarray(format="rgb24", width=width, height=height, interpolation="AREA")

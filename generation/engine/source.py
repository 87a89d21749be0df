"""Reading given pictures and clips at the size, pace and sound rate of the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from generation.engine.takes import Likeness
from generation.engine.types import Frames

LONGEST = 60.0  # seconds of a clip that are read
EARLY = 1e-3  # seconds by which a time may be off and still be the same


class Unreadable(ValueError):
    """A given clip has no picture in it."""


@dataclass(frozen=True)
class Clip:
    """Frames at the model's pace, and as many seconds of mono sound: silence where it has none."""

    frames: Frames
    sound: npt.NDArray[np.float32]


def read_clip(path: Path, size: tuple[int, int], fps: int, sample_rate: int) -> Clip:
    """The clip as it looks at 0, 1/fps, 2/fps ... seconds, cropped to fill the size."""
    frames = np.stack([*_sampled(path, size, fps)] or _nothing(path))
    wanted = round(len(frames) / fps * sample_rate)
    sound = read_sound(path, sample_rate, wanted)
    return Clip(frames, np.pad(sound, (0, wanted - len(sound))))


def read_picture(path: Path, size: tuple[int, int]) -> Frames:
    """The picture, upright and cropped to fill, as one frame."""
    picture = ImageOps.exif_transpose(Image.open(path))
    return _fitted(picture, size)[None]


def read_reference(path: Path) -> Image.Image:
    """A picture of somebody, upright and as large as it is."""
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def read_mask(path: Path, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Where the picture is white, cropped as a frame would be: (H, W)."""
    picture = ImageOps.exif_transpose(Image.open(path)).convert("L")
    return np.asarray(ImageOps.fit(picture, size, Image.Resampling.NEAREST)) > 127


def read_likeness(picture: Path) -> Likeness | None:
    """The numbers of the face beside a reference picture, where a face door wrote them."""
    beside = picture.with_suffix(".npz")
    if not beside.exists():
        return None
    with np.load(beside, allow_pickle=False) as numbers:
        return dict(numbers)


def _sampled(path: Path, size: tuple[int, int], fps: int) -> Iterator[Frames]:
    """What is shown at each tick of 1/fps, from the first picture to the end of the last."""
    shown: Frames | None = None
    tick, end = 0, 0.0
    for begin, end, frame in _timed(path):
        while shown is not None and tick / fps < begin - EARLY and tick < LONGEST * fps:
            yield shown
            tick += 1
        if tick / fps < end - EARLY:  # a picture between two ticks is never seen
            shown = _upright(frame, size)
        if tick >= LONGEST * fps:
            return
    while shown is not None and tick < max(1, round(end * fps)):
        yield shown
        tick += 1


def _timed(path: Path) -> Iterator[tuple[float, float, av.VideoFrame]]:
    """The pictures with the seconds from which and to which each is shown."""
    with av.open(str(path)) as file:
        if not file.streams.video:
            return
        stream = file.streams.video[0]
        stream.thread_type = "AUTO"
        usual = float(1 / (stream.average_rate or 24))
        first, end = None, 0.0
        for frame in file.decode(stream):
            at = frame.time if frame.time is not None else end + (first or 0.0)
            first = at if first is None else first
            lasts = float(frame.duration * stream.time_base) if frame.duration else usual
            begin, end = at - first, at - first + lasts
            yield begin, end, frame


def read_sound(path: Path, rate: int, most: int) -> npt.NDArray[np.float32]:
    """The first `most` samples of its sound, mono; none where it has none."""
    with av.open(str(path)) as file:
        if not file.streams.audio:
            return np.zeros(0, np.float32)
        to_mono = av.AudioResampler("flt", "mono", rate)
        parts, heard = [np.zeros(0, np.float32)], 0
        for frame in file.decode(file.streams.audio[0]):
            parts += [piece.to_ndarray()[0] for piece in to_mono.resample(frame)]
            heard += len(parts[-1])
            if heard >= most:
                break
        parts += [piece.to_ndarray()[0] for piece in to_mono.resample(None)]
    return np.concatenate(parts)[:most]


def _upright(frame: av.VideoFrame, size: tuple[int, int]) -> Frames:
    turned = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
    return _fitted(Image.fromarray(np.ascontiguousarray(turned)), size)


def _nothing(path: Path) -> list[Frames]:
    raise Unreadable(f"{path.name} has no picture in it")


def _fitted(picture: Image.Image, size: tuple[int, int]) -> Frames:
    return np.asarray(ImageOps.fit(picture.convert("RGB"), size))

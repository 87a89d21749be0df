"""All files of a clip, from its frames as they pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from generation.encoding import sizes, stream
from generation.encoding.captions import Caption, web_vtt
from generation.encoding.delivery import Delivery
from generation.encoding.film import QUALITY, Film, Sound, Track
from generation.encoding.pictures import Album
from generation.encoding.sizes import Size
from generation.looks import Sampler
from generation.marking.marks import UNMARKED, Frame, Marks
from generation.renditions import CLEAN, FILES, LADDER, MAIN

Frames = npt.NDArray[np.uint8]  # (T, H, W, 3) RGB

PREVIEW_SECONDS = 3
SPOKEN = tuple(
    name for name in FILES if name not in {*MAIN.values(), *CLEAN.values()} or name == MAIN["clip"]
)
SILENT = tuple(name for name in SPOKEN if not name.startswith("captions"))


@dataclass(frozen=True)
class Encoded:
    """What was written: its size in pixels as shown, its length, and which files there are."""

    width: int
    height: int
    seconds: float
    renditions: tuple[str, ...]  # of generation.renditions.FILES
    kind: str = "clip"


@dataclass(frozen=True)
class Footage:
    """Frames still to come, how many, how large, how fast, and their sound if they have any."""

    frames: Iterable[av.VideoFrame]
    count: int
    size: Size
    fps: int
    track: Track | None

    @property
    def seconds(self) -> float:
        return self.count / self.fps


def encode(
    frames: Frames,
    fps: int,
    sound: Sound,
    sample_rate: int,
    folder: Path,
    captions: Sequence[Caption] = (),
    delivery: Delivery | None = None,
    marks: Marks = UNMARKED,
) -> Encoded:
    """Write all files of a clip into the folder; `captions` are what is spoken in it."""
    if delivery:
        frames = delivery.fit(frames, fps)
    height, width = frames.shape[1:3]
    track = Track(marks.voice(sound, sample_rate), sample_rate) if len(sound) else None
    size = Size(width, height)
    shown = delivery.size if delivery else sizes.shown(size)
    clean = _clean(folder, shown, fps) if marks.visible else None
    marked = _marked(frames, fps, marks, clean)
    footage = Footage(marked, len(frames), size, fps, track)
    if clean and track:
        clean.speak(track, footage.seconds)
    encoded = write(footage, shown, LADDER, folder, captions, marks)
    if clean is None:
        return encoded
    clean.close()
    return replace(encoded, renditions=(*encoded.renditions, CLEAN["video"]))


def write(
    footage: Footage,
    shown: Size,
    films: Sequence[str],
    folder: Path,
    captions: Sequence[Caption] = (),
    marks: Marks = UNMARKED,
) -> Encoded:
    """The named films of LADDER and everything else; films that are left out exist already."""
    album = Album(footage.count, footage.fps, footage.size, shown, marks)
    sampler = Sampler(footage.count, footage.fps)
    written = _films(footage, shown, films, folder)
    _film(footage, written, _preview(footage, shown, folder), (album, sampler))
    album.write(folder)
    sampler.looks.save(folder)
    spoken = _speech(captions, footage.seconds, folder)
    variants = {name: stream.segment(folder, name) for name in LADDER}
    captioned = FILES["captions_playlist"].file if spoken else None
    (folder / FILES["stream"].file).write_text(stream.master(variants, captioned))
    return Encoded(*shown, footage.seconds, SPOKEN if spoken else SILENT)


def _film(
    footage: Footage, films: list[Film], preview: Film, watching: Sequence[Album | Sampler]
) -> None:
    """One pass: every frame goes into every film, and is seen by all who are watching."""
    for number, frame in enumerate(footage.frames):
        for film in films:
            film.show(frame)
        if number < PREVIEW_SECONDS * footage.fps:
            preview.show(frame)
        for one in watching:
            one.show(frame)
    for film in (*films, preview):
        film.close()


def _films(footage: Footage, shown: Size, names: Sequence[str], folder: Path) -> list[Film]:
    wanted = sizes.ladder(shown)
    films = [
        Film(folder / FILES[name].file, wanted[name], footage.fps, QUALITY[name])
        for name in names
    ]  # fmt: skip
    if footage.track:
        for film in films:
            film.speak(footage.track, footage.seconds)
    return films


def _preview(footage: Footage, shown: Size, folder: Path) -> Film:
    """The beginning, small and silent."""
    size = sizes.preview(footage.size, shown)
    return Film(folder / FILES["preview"].file, size, footage.fps, QUALITY["preview"])


def _speech(captions: Sequence[Caption], seconds: float, folder: Path) -> bool:
    """Captions where there is speech; no file where there is none."""
    if not captions:
        return False
    text, playlist = FILES["captions"].file, FILES["captions_playlist"].file
    (folder / text).write_text(web_vtt(captions, seconds), encoding="utf-8")
    (folder / playlist).write_text(stream.captions_playlist(text, seconds))
    return True


def _clean(folder: Path, shown: Size, fps: int) -> Film:
    return Film(folder / FILES[CLEAN["video"]].file, shown, fps, QUALITY["video"])


def _marked(frames: Frames, fps: int, marks: Marks, clean: Film | None) -> Iterator[av.VideoFrame]:
    """Frame by frame as they are shown; what nobody is shown goes its own way."""
    for number, pixels in enumerate(frames):
        if clean:
            clean.show(_as_frame(marks.hide(pixels)))
        yield _as_frame(marks.put(pixels, number / fps))


def _as_frame(pixels: Frame) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")

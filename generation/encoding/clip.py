"""All files of a clip, from its frames as they pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from generation.encoding import sizes, stream
from generation.encoding.captions import Caption, web_vtt
from generation.encoding.film import QUALITY, Film, Sound, Track
from generation.encoding.pictures import Album
from generation.encoding.sizes import Size
from generation.renditions import FILES, LADDER, MAIN

Frames = npt.NDArray[np.uint8]  # (T, H, W, 3) RGB

PREVIEW_SECONDS = 3
SPOKEN = tuple(name for name in FILES if name not in MAIN.values() or name == MAIN["clip"])
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
) -> Encoded:
    """Write all files of a clip into the folder; `captions` are what is spoken in it."""
    height, width = frames.shape[1:3]
    track = Track(sound, sample_rate) if len(sound) else None
    footage = Footage(_one_by_one(frames), len(frames), Size(width, height), fps, track)
    return write(footage, sizes.shown(footage.size), LADDER, folder, captions)


def write(
    footage: Footage,
    shown: Size,
    films: Sequence[str],
    folder: Path,
    captions: Sequence[Caption] = (),
) -> Encoded:
    """The named films of LADDER and everything else; films that are left out exist already."""
    album = Album(footage.count, footage.fps, footage.size, shown)
    _film(footage, _films(footage, shown, films, folder), _preview(footage, shown, folder), album)
    album.write(folder)
    spoken = _speech(captions, footage.seconds, folder)
    variants = {name: stream.segment(folder, name) for name in LADDER}
    captioned = FILES["captions_playlist"].file if spoken else None
    (folder / FILES["stream"].file).write_text(stream.master(variants, captioned))
    return Encoded(*shown, footage.seconds, SPOKEN if spoken else SILENT)


def _film(footage: Footage, films: list[Film], preview: Film, album: Album) -> None:
    """One pass: every frame goes into every film, and into the album."""
    for number, frame in enumerate(footage.frames):
        for film in films:
            film.show(frame)
        if number < PREVIEW_SECONDS * footage.fps:
            preview.show(frame)
        album.show(frame)
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


def _one_by_one(frames: Frames) -> Iterator[av.VideoFrame]:
    for pixels in frames:
        yield av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")

"""Several videos one after the other, without a model.

Packets of pieces that are coded alike are copied. A piece of another size, pace or coding is
encoded anew as the first one is. Sound is always joined as samples: AAC packets begin with a run-in
and end in padding, which copied would push every later piece out of step.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from generation.encoding import Caption, Encoded
from generation.encoding.clip import Footage, write
from generation.encoding.film import QUALITY, Film, Reel, Sound, Track
from generation.encoding.sizes import Size
from generation.engine.source import read_sound
from generation.marking.marks import UNMARKED, Marks
from generation.renditions import FILES, LADDER

Coding = tuple[object, ...]


class Unjoinable(ValueError):
    """There is nothing to join, or a piece has no picture in it."""


@dataclass(frozen=True)
class Piece:
    """A video and what must be equal for its packets to be copied; `rate` is its sound's."""

    path: Path  # of the picture
    voice: Path  # of the sound: the file as it was given
    coding: Coding
    size: Size
    fps: int
    count: int
    rate: int | None

    @property
    def seconds(self) -> float:
        return self.count / self.fps


def stitch(
    paths: Sequence[Path], folder: Path, captions: Sequence[Caption] = (), marks: Marks = UNMARKED
) -> Encoded:
    """Write all files of the joined clip into the folder."""
    if not paths:
        raise Unjoinable("nothing to join")
    with tempfile.TemporaryDirectory(prefix="sora-stitch-") as scratch:
        pieces = alike([look_at(path) for path in paths], Path(scratch))
        joined = folder / FILES[LADDER[0]].file
        track = _sound_of(pieces, marks)
        _join(pieces, track, joined)
    first, count = pieces[0], sum(piece.count for piece in pieces)
    with ExitStack() as opened:
        footage = Footage(_frames(joined, opened), count, first.size, first.fps, track)
        return write(footage, first.size, LADDER[1:], folder, captions, marks)


def look_at(path: Path) -> Piece:
    """What a video is made of, without decoding it."""
    with av.open(str(path)) as file:
        if not file.streams.video or not file.streams.video[0].average_rate:
            raise Unjoinable(f"{path.name} has no picture in it")
        picture = file.streams.video[0]
        times = sorted(packet.pts for packet in file.demux(picture) if packet.pts is not None)
        fps = max(1, round(picture.average_rate))
        return Piece(
            path=path,
            voice=path,
            coding=_coding_of(picture, fps, times),
            size=Size(picture.width, picture.height),
            fps=fps,
            count=len(times),
            rate=file.streams.audio[0].rate if file.streams.audio else None,
        )


def alike(pieces: Sequence[Piece], scratch: Path) -> list[Piece]:
    """The pieces, coded like the first; all anew where a new one cannot be like a given one."""
    first = pieces[0]
    found = [
        piece if piece.coding == first.coding else _anew(piece, first, scratch / f"{number}.mp4")
        for number, piece in enumerate(pieces)
    ]
    if all(piece.coding == first.coding for piece in found) and _is_plain(first):
        return found
    return [_anew(piece, first, scratch / f"all-{n}.mp4") for n, piece in enumerate(pieces)]


def _coding_of(picture: Any, fps: int, times: list[int]) -> Coding:
    """Equal for two films whose packets may follow each other under one description."""
    codec = picture.codec_context
    tick = Fraction(1, fps) / picture.time_base
    steady = times == [number * tick for number in range(len(times))]
    return (
        codec.name, bytes(codec.extradata or b""), picture.width, picture.height,
        codec.pix_fmt, codec.sample_aspect_ratio, picture.time_base, fps, steady,
    )  # fmt: skip


def _is_plain(piece: Piece) -> bool:
    """H.264 whose frames come at exact times: what every player of ours expects."""
    return piece.coding[0] == "h264" and piece.coding[-1] is True


def _anew(piece: Piece, first: Piece, path: Path) -> Piece:
    """The piece's picture in the first one's size and pace: whole, on black."""
    size = first.size.times(1)
    film = Film(path, size, first.fps, QUALITY[LADDER[0]])
    with av.open(str(piece.path)) as file:
        for frame in _refitted(file, size, first.fps):
            film.show(frame)
    film.close()
    return replace(look_at(path), voice=piece.voice, rate=piece.rate)


def _refitted(file: Any, size: Size, fps: int) -> Iterator[av.VideoFrame]:
    """The pictures at 0, 1/fps, 2/fps ... seconds, scaled to fit."""
    graph = av.filter.Graph()
    box = f"{size.width}:{size.height}"
    chain = [
        graph.add_buffer(template=file.streams.video[0]),
        graph.add("fps", f"fps={fps}:start_time=0"),
        graph.add("scale", f"{box}:force_original_aspect_ratio=decrease:flags=lanczos"),
        graph.add("setsar", "1"),
        graph.add("pad", f"{box}:-1:-1"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*chain).configure()
    for frame in file.decode(video=0):
        graph.vpush(frame)
        yield from _ready(graph)
    graph.vpush(None)
    yield from _ready(graph)


def _ready(graph: Any) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _sound_of(pieces: Sequence[Piece], marks: Marks) -> Track | None:
    """Every piece's sound at the rate of the first that has any, silence where there is none."""
    rate = next((piece.rate for piece in pieces if piece.rate), None)
    if rate is None:
        return None
    ends = np.cumsum([0, *(piece.seconds for piece in pieces)])
    sound = np.zeros(round(ends[-1] * rate), np.float32)
    for piece, start in zip(pieces, ends, strict=False):
        heard = _heard(piece, rate)
        begin = round(start * rate)
        sound[begin : begin + len(heard)] = heard[: len(sound) - begin]
    return Track(np.asarray(marks.voice(sound, rate), np.float32), rate)


def _heard(piece: Piece, rate: int) -> Sound:
    most = round(piece.seconds * rate)
    return read_sound(piece.voice, rate, most) if piece.rate else np.zeros(most, np.float32)


def _join(pieces: Sequence[Piece], track: Track | None, path: Path) -> None:
    """The packets of all pieces one after the other, and the sound."""
    with av.open(str(pieces[0].path)) as first:
        splice = Splice(path, first.streams.video[0], pieces[0].fps)
        if track:
            splice.speak(track, sum(piece.seconds for piece in pieces))
        for piece in pieces:
            splice.add(piece)
        splice.close()


class Splice(Reel):
    """A film made of other films' packets."""

    def __init__(self, path: Path, like: Any, fps: int) -> None:
        super().__init__(path, fps)
        self.picture = self.container.add_stream_from_template(like)

    def add(self, piece: Piece) -> None:
        """Every packet of the piece, moved behind what is there already."""
        with av.open(str(piece.path)) as file:
            stream = file.streams.video[0]
            later = int(Fraction(self.shown, self.fps) / stream.time_base)
            for packet in file.demux(stream):
                if packet.dts is None:
                    continue
                packet.pts, packet.dts = packet.pts + later, packet.dts + later
                self.say_until(packet.pts * stream.time_base)
                packet.stream = self.picture
                self.container.mux(packet)
        self.shown += piece.count


def _frames(path: Path, opened: ExitStack) -> Iterator[av.VideoFrame]:
    file = opened.enter_context(av.open(str(path)))
    return file.decode(video=0)  # type: ignore[no-any-return]

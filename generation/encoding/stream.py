"""HLS without another encoding: a film's packets in fragments of one file, and playlists of them.

The playlists name their neighbours plainly. Where they are served, whoever may read the playlist
finds the files beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av

from generation.encoding.film import SEGMENT_SECONDS
from generation.renditions import FILES, PARTS, PLAYLISTS

FRAGMENTS = {
    # delay_moov: the index waits for the first packets, and so knows the sound's delay
    "movflags": "+frag_keyframe+delay_moov+default_base_moof",
    "fflags": "+bitexact",
}
INDEX = re.compile(r'BYTERANGE="(\d+)@0"')
VERSION = 7  # of the protocol: fragments of one file, their index among them


class Segment(NamedTuple):
    """A part of a file that plays by itself."""

    seconds: float
    length: int  # bytes
    start: int  # byte


class Variant(NamedTuple):
    """What a master playlist tells of one rendition, bits per second among it."""

    playlist: str
    width: int
    height: int
    fps: int
    codecs: str
    peak: int
    average: int


def segment(folder: Path, name: str) -> Variant:
    """Write a rendition's fragments and their playlist beside its mp4."""
    parts = folder / FILES[PARTS[name]].file
    durations = _fragment(folder / FILES[name].file, parts)
    boxes = list(boxes_of(parts))
    segments = _segments(boxes, durations)
    index = segments[0].start  # bytes before the first segment
    playlist = FILES[PLAYLISTS[name]].file
    (folder / playlist).write_text(_media_playlist(parts.name, index, segments))
    return _variant(parts, playlist, segments)


def master(variants: Mapping[str, Variant], captions: str | None = None) -> str:
    """The playlist of playlists: a player takes what its line can bear."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if captions:
        lines.append(
            '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="captions",'
            f'DEFAULT=NO,AUTOSELECT=YES,URI="{captions}"'
        )
    for variant in variants.values():
        lines += [_described(variant) + (',SUBTITLES="captions"' if captions else ""),
                  variant.playlist]  # fmt: skip
    return "\n".join([*lines, ""])


def move(playlist: Path, by: int) -> None:
    """Bytes were put before the first segment of the file that a playlist is of: its index has
    grown by them, and every segment begins so much later."""
    lines = playlist.read_text().splitlines()
    playlist.write_text("\n".join([*(_moved(line, by) for line in lines), ""]))


def _moved(line: str, by: int) -> str:
    if line.startswith("#EXT-X-MAP:"):
        return INDEX.sub(lambda found: f'BYTERANGE="{int(found[1]) + by}@0"', line)
    if line.startswith("#EXT-X-BYTERANGE:"):
        length, _, start = line.partition("@")
        return f"{length}@{int(start) + by}"
    return line


def captions_playlist(file: str, seconds: float) -> str:
    """One segment: the whole text."""
    return _playlist(seconds, [f"#EXTINF:{seconds:.6f},", file])


def boxes_of(path: Path) -> Iterator[tuple[str, int, int]]:
    """The outermost boxes of an mp4: name, first byte, length."""
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at < size:
            file.seek(at)
            head = file.read(16)
            length = int.from_bytes(head[:4])
            if length == 1:  # the length stands behind the name
                length = int.from_bytes(head[8:16])
            yield head[4:8].decode("latin-1"), at, length or size - at
            at += length or size


def _fragment(film: Path, parts: Path) -> list[float]:
    """Copy the film's packets into fragments; how long each is."""
    starts: list[float] = []
    with (
        av.open(str(film)) as source,
        av.open(str(parts), "w", format="mp4", options=FRAGMENTS) as copy,
    ):
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in source.streams}
        picture = source.streams.video[0]
        end = float(picture.duration * picture.time_base)
        for packet in source.demux():
            if packet.dts is None:
                continue
            if packet.stream is picture and packet.is_keyframe:
                starts.append(float(packet.pts * packet.time_base))
            packet.stream = streams[packet.stream.index]
            copy.mux(packet)
    return [later - start for start, later in zip(starts, [*starts[1:], end], strict=True)]


def _segments(boxes: list[tuple[str, int, int]], durations: list[float]) -> list[Segment]:
    """Every `moof` and the `mdat` behind it."""
    fragments = [
        (start, length + behind)
        for (name, start, length), (_, _, behind) in pairwise(boxes)
        if name == "moof"
    ]
    return [
        Segment(seconds, length, start)
        for seconds, (start, length) in zip(durations, fragments, strict=True)
    ]


def _media_playlist(file: str, index: int, segments: list[Segment]) -> str:
    lines = [f'#EXT-X-MAP:URI="{file}",BYTERANGE="{index}@0"']
    for part in segments:
        lines += [f"#EXTINF:{part.seconds:.6f},", f"#EXT-X-BYTERANGE:{part.length}@{part.start}"]
        lines.append(file)
    return _playlist(max(part.seconds for part in segments), lines)


def _playlist(longest: float, lines: list[str]) -> str:
    head = [
        "#EXTM3U", f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{max(SEGMENT_SECONDS, round(longest))}",
        "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD",
    ]  # fmt: skip
    return "\n".join([*head, *lines, "#EXT-X-ENDLIST", ""])


def _variant(parts: Path, playlist: str, segments: list[Segment]) -> Variant:
    with av.open(str(parts)) as film:
        picture = film.streams.video[0]
        codecs = ["avc1." + picture.codec_context.extradata[1:4].hex()]
        codecs += ["mp4a.40.2"] * len(film.streams.audio)
        return Variant(
            playlist=playlist,
            width=picture.width,
            height=picture.height,
            fps=round(picture.average_rate),
            codecs=",".join(codecs),
            peak=max(round(part.length * 8 / part.seconds) for part in segments),
            average=round(
                sum(part.length for part in segments) * 8 / sum(part.seconds for part in segments)
            ),
        )


def _described(variant: Variant) -> str:
    return (
        f"#EXT-X-STREAM-INF:BANDWIDTH={variant.peak},AVERAGE-BANDWIDTH={variant.average},"
        f'CODECS="{variant.codecs}",RESOLUTION={variant.width}x{variant.height},'
        f"FRAME-RATE={variant.fps:.3f}"
    )

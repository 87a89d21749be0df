"""The files an output may have: what each is called, and what it is."""

from __future__ import annotations

from typing import NamedTuple

MP4, WEBP, PNG = "video/mp4", "image/webp", "image/png"
HLS, VTT = "application/vnd.apple.mpegurl", "text/vtt; charset=utf-8"


class Rendition(NamedTuple):
    file: str  # its name in the output's folder
    content_type: str
    shown: bool = True  # whether its address is told; the rest are told by a playlist
    served: bool = True  # whether anybody gets it at all


LADDER = ("video", "medium", "low")  # the same film, largest first
PLAYLISTS = {name: f"{name}_playlist" for name in LADDER}
PARTS = {name: f"{name}_parts" for name in LADDER}

FILES = {
    "video": Rendition("video.mp4", MP4),
    "medium": Rendition("medium.mp4", MP4),
    "low": Rendition("low.mp4", MP4),
    "stream": Rendition("stream.m3u8", HLS),
    **{PLAYLISTS[name]: Rendition(f"{name}.m3u8", HLS, False) for name in LADDER},
    **{PARTS[name]: Rendition(f"{name}_parts.mp4", MP4, False) for name in LADDER},
    "preview": Rendition("preview.mp4", MP4),
    "poster": Rendition("poster.webp", WEBP),
    "sheet": Rendition("sheet.webp", WEBP),
    "thumbnails": Rendition("thumbnails.vtt", VTT),
    "captions": Rendition("captions.vtt", VTT),
    "captions_playlist": Rendition("captions.m3u8", HLS, False),
    "picture": Rendition("picture.png", PNG),  # of a still
    # without the visible mark, where there is one: what others are made from
    "clean": Rendition("clean.mp4", MP4, shown=False, served=False),
    "clean_picture": Rendition("clean.png", PNG, shown=False, served=False),
}
MAIN = {"clip": "video", "still": "picture"}  # the one an output is, by its kind
CLEAN = {"video": "clean", "picture": "clean_picture"}  # what stands for it as a source
SHOWN = tuple(name for name, rendition in FILES.items() if rendition.shown)
NAMED = {rendition.file: name for name, rendition in FILES.items() if rendition.served}
SIGNED = tuple(name for name, one in FILES.items() if one.content_type in {MP4, WEBP, PNG})

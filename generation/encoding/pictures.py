"""The pictures of a clip: a poster, and a sheet of small ones for looking through it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image

from generation.encoding.captions import moment
from generation.encoding.labels import PACKET
from generation.encoding.sizes import Size
from generation.marking.marks import Marks
from generation.renditions import FILES

COLUMNS, TILE = 4, 192  # of the sheet, and px of a tile's height
TILES_PER_SECOND = 2
ROWS = (2, 10)  # at least, at most


class Album:
    """Takes a clip's frames as they pass, and keeps those that its pictures are made of."""

    def __init__(self, count: int, fps: int, frame: Size, shown: Size, marks: Marks) -> None:
        self.count, self.fps, self.shown, self.marks = count, fps, shown, marks
        self.tile = (max(1, TILE * frame.width // frame.height), TILE)
        self.chosen = choose(count, fps)
        self.sheet = Image.new("RGB", self._extent())
        self.poster: Image.Image | None = None
        self.seen = 0

    def show(self, frame: av.VideoFrame) -> None:
        """The next frame."""
        wanted = np.flatnonzero(self.chosen == self.seen)
        if len(wanted) or self.seen == self.count // 3:
            picture = frame.to_image()
            for place in wanted.tolist():
                self.sheet.paste(
                    picture.resize(self.tile, Image.Resampling.LANCZOS), self._corner(place)
                )
            if self.seen == self.count // 3:
                self.poster = picture.resize(self.shown, Image.Resampling.LANCZOS)
        self.seen += 1

    def write(self, folder: Path) -> None:
        assert self.poster is not None, "a clip has a frame"
        self.poster.save(folder / FILES["poster"].file, quality=88, xmp=PACKET)
        sheet = Image.fromarray(self.marks.hide(np.asarray(self.sheet)))  # its tiles are too small
        sheet.save(folder / FILES["sheet"].file, quality=85, xmp=PACKET)
        (folder / FILES["thumbnails"].file).write_text(self._thumbnails())

    def _thumbnails(self) -> str:
        """WebVTT: which tile shows what is nearest, from when to when."""
        numbers, places = np.unique(self.chosen, return_index=True)
        middles = (numbers[:-1] + numbers[1:] + 1) / 2 / self.fps
        times = [0.0, *middles.tolist(), self.count / self.fps]
        cues = [
            f"{moment(start)} --> {moment(end)}\n{self._address(place)}\n"
            for start, end, place in zip(times, times[1:], places.tolist(), strict=False)
        ]
        return "\n".join(["WEBVTT\n", *cues])

    def _address(self, place: int) -> str:
        left, top = self._corner(place)
        width, height = self.tile
        return f"{FILES['sheet'].file}#xywh={left},{top},{width},{height}"

    def _corner(self, place: int) -> tuple[int, int]:
        row, column = divmod(place, COLUMNS)
        return column * self.tile[0], row * self.tile[1]

    def _extent(self) -> tuple[int, int]:
        return self.tile[0] * COLUMNS, self.tile[1] * len(self.chosen) // COLUMNS


def choose(count: int, fps: int) -> np.ndarray:
    """The frames of the sheet's tiles, evenly spread, in reading order."""
    rows = int(np.clip(np.ceil(count / fps * TILES_PER_SECOND / COLUMNS), *ROWS))
    return np.linspace(0, count - 1, COLUMNS * rows).round().astype(int)

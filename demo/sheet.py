"""One contact sheet of everything the demo made: a row per clip, frames from left to right."""

from __future__ import annotations

from pathlib import Path

import av
from PIL import Image, ImageDraw

FRAMES, SIDE, LABEL, GAP = 6, 160, 22, 6
PAPER, INK = (24, 24, 28), (235, 235, 240)


def frames_of(video: Path, count: int = FRAMES) -> list[Image.Image]:
    """`count` frames, evenly spread over the clip."""
    with av.open(str(video)) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    chosen = [round(i * (len(frames) - 1) / (count - 1)) for i in range(count)]
    return [frames[i] for i in chosen]


def contact_sheet(rows: list[tuple[str, Path]], out: Path) -> Path:
    """Draw (label, clip) rows into one PNG."""
    width = FRAMES * (SIDE + GAP) + GAP
    height = len(rows) * (SIDE + LABEL + GAP) + GAP
    sheet = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (label, video) in enumerate(rows):
        top = GAP + number * (SIDE + LABEL + GAP)
        draw.text((GAP, top + 4), label, fill=INK)
        for column, frame in enumerate(frames_of(video)):
            frame.thumbnail((SIDE, SIDE))
            left = GAP + column * (SIDE + GAP) + (SIDE - frame.width) // 2
            sheet.paste(frame, (left, top + LABEL + (SIDE - frame.height) // 2))
    sheet.save(out)
    return out

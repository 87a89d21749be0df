"""A picture of a training's loss.

python -m generation.engine.curve var/training/loss.csv OUT.png
"""

import csv
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT, EDGE = 720, 360, 44
SMOOTH = 25  # steps of a kind in one mean
Line = tuple[np.ndarray, np.ndarray]  # steps and losses
INKS = {  # by latent frames
    "1": (30, 90, 200),
    "3": (40, 140, 70),
    "5": (200, 50, 50),
    "11": (140, 60, 160),
    "sound": (150, 110, 30),
}


def main(log: Path, out: Path) -> None:
    """Draw the log's smoothed losses, one line for each length."""
    rows = list(csv.reader(log.open()))
    kinds = [kind for kind in INKS if kind != "sound"]
    lines = {kind: smoothed([row for row in rows if row[3] == kind], 4) for kind in kinds}
    draw(lines | {"sound": smoothed(rows, 5)}).save(out)


def smoothed(rows: list[list[str]], column: int) -> Line:
    """Means over SMOOTH rows in a row."""
    whole = rows[: len(rows) - len(rows) % SMOOTH]
    cells = np.array([(float(row[0]), float(row[column])) for row in whole]).reshape(-1, SMOOTH, 2)
    means = cells.mean(1)
    return means[:, 0], means[:, 1]


def draw(lines: dict[str, Line]) -> Image.Image:
    """The losses over the steps, from 0 to 1.6."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(picture)
    last = max((float(steps[-1]) for steps, _ in lines.values() if len(steps)), default=1.0)
    for level in np.arange(0, 1.7, 0.2):
        y = _y(float(level))
        pen.line((EDGE, y, WIDTH - 8, y), fill=(225, 225, 225))
        pen.text((8, y - 6), f"{level:.1f}", fill=(90, 90, 90))
    for share in (0, 0.25, 0.5, 0.75, 1):
        pen.text((_x(share) - 12, HEIGHT - 18), f"{share * last:.0f}", fill=(90, 90, 90))
    for place, (kind, (steps, losses)) in enumerate(lines.items()):
        points = [(_x(a / last), _y(b)) for a, b in zip(steps, losses, strict=True)]
        if len(points) > 1:
            pen.line(points, fill=INKS[kind], width=2)
        told = kind if kind == "sound" else f"{kind} latent frames"
        pen.text((WIDTH - 130, 10 + 15 * place), told, fill=INKS[kind])
    return picture


def _x(share: float) -> float:
    return EDGE + share * (WIDTH - EDGE - 24)


def _y(level: float) -> float:
    return HEIGHT - 30 - min(level, 1.6) / 1.6 * (HEIGHT - 44)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

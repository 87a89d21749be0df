"""A picture of a training's loss.

python -m generation.engine.curve var/training/loss.csv OUT.png
"""

import csv
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT, EDGE = 720, 360, 44
SMOOTH = 25  # steps of a mode in one mean
INKS = {"text": (30, 90, 200), "references": (200, 50, 50), "first_frame": (40, 140, 70)}
INK_OF_SOUND = (150, 110, 30)
Line = tuple[np.ndarray, np.ndarray]  # steps and losses


def main(log: Path, out: Path) -> None:
    """Draw the log's smoothed losses, one line a mode."""
    rows = list(csv.reader(log.open()))
    lines = {mode: smoothed([r for r in rows if r[2] == mode], 4) for mode in INKS}
    draw(lines | {"sound": smoothed(rows, 5)}).save(out)


def smoothed(rows: list[list[str]], column: int) -> Line:
    """Means over SMOOTH rows in a row."""
    whole = rows[: len(rows) - len(rows) % SMOOTH]
    cells = np.array([(float(row[0]), float(row[column])) for row in whole])
    means = cells.reshape(-1, SMOOTH, 2).mean(1)
    return means[:, 0], means[:, 1]


def draw(lines: dict[str, Line]) -> Image.Image:
    """Lines on one pair of axes, named in their own ink."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(picture)
    last = max(steps[-1] for steps, _ in lines.values())
    top = max(float(losses.max()) for _, losses in lines.values())
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = _y(share)
        pen.line((EDGE, y, WIDTH - 8, y), fill=(224, 224, 224))
        pen.text((6, y - 6), f"{share * top:.2f}", fill=(90, 90, 90))
        pen.text((_x(share) - 14, HEIGHT - 30), f"{share * last:.0f}", fill=(90, 90, 90))
    pen.text((EDGE, HEIGHT - 16), "steps; squared error of the velocity", fill=(90, 90, 90))
    for row, (name, (steps, losses)) in enumerate(lines.items()):
        ink = INKS.get(name, INK_OF_SOUND)
        points = [(_x(s / last), _y(v / top)) for s, v in zip(steps, losses, strict=True)]
        pen.line(points, fill=ink, width=2)
        pen.text((WIDTH - 100, 12 + 14 * row), name, fill=ink)
    return picture


def _x(share: float) -> float:
    return EDGE + share * (WIDTH - EDGE - 12)


def _y(share: float) -> float:
    return HEIGHT - 36 - share * (HEIGHT - 48)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

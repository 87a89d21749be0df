"""How one forward grows with the number of clips in it and with their length, as a picture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

WIDTH, HEIGHT, EDGE = 460, 320, 52
INKS = {"eager": (30, 90, 200), "compiled": (200, 50, 50)}
GREY, PALE = (90, 90, 90), (224, 224, 224)
NAME = re.compile(r"forward (?P<how>\w+) (?P<batch>\d+) x (?P<seconds>\d+) s")
Point = tuple[float, float, float | None]  # clips or seconds, seconds of a forward, its MFU


def plot(found: dict[str, Any], out: Path) -> None:
    """Two panels side by side: over the batch, and over the length."""
    rows = [(NAME.fullmatch(name), row) for name, row in found.items()]
    forwards = [(match.groupdict(), row) for match, row in rows if match and "seconds" in row]
    usual = max((about["seconds"] for about, _ in forwards), key=_count(forwards, "seconds"))
    batches = [(a, row) for a, row in forwards if a["seconds"] == usual]
    lengths = [(a, row) for a, row in forwards if a["batch"] == "1"]
    picture = Image.new("RGB", (2 * WIDTH, HEIGHT), "white")
    picture.paste(panel(lines(batches, "batch"), f"clips of {usual} s in one forward"), (0, 0))
    picture.paste(panel(lines(lengths, "seconds"), "seconds of one clip"), (WIDTH, 0))
    picture.save(out)


def lines(forwards: list[tuple[dict[str, str], Any]], over: str) -> dict[str, list[Point]]:
    """Points in order, by whether the network was compiled."""
    made: dict[str, list[Point]] = {how: [] for how in INKS}
    for about, row in forwards:
        made[about["how"]].append((float(about[over]), row["seconds"], row["mfu"]))
    return {how: sorted(points) for how, points in made.items() if points}


def panel(shown: dict[str, list[Point]], title: str) -> Image.Image:
    """Seconds of a forward upward, both axes from zero; beside each point its MFU."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(picture)
    right = max(x for points in shown.values() for x, _, _ in points)
    top = max(y for points in shown.values() for _, y, _ in points)
    for share in (0, 0.25, 0.5, 0.75, 1):
        pen.line((EDGE, _y(share), WIDTH - 16, _y(share)), fill=PALE)
        pen.text((6, _y(share) - 6), f"{share * top:.3g} s", fill=GREY)
        pen.text((_x(share) - 8, HEIGHT - 34), f"{share * right:g}", fill=GREY)
    pen.text((EDGE, HEIGHT - 18), f"{title}; beside the points: share of the card", fill=GREY)
    for row, (how, points) in enumerate(shown.items()):
        places = [(_x(x / right), _y(y / top)) for x, y, _ in points]
        pen.line(places, fill=INKS[how], width=2)
        for (x, y), (_, _, share) in zip(places, points, strict=True):
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=INKS[how])
            if share is not None:
                pen.text((x - 30, y - 16 + 24 * row), f"{share:.0%}", fill=INKS[how])
        pen.text((EDGE + 8, 10 + 14 * row), how, fill=INKS[how])
    return picture


def _count(forwards: list[tuple[dict[str, str], Any]], name: str) -> Any:
    said = [about[name] for about, _ in forwards]
    return said.count


def _x(share: float) -> float:
    return EDGE + share * (WIDTH - EDGE - 24)


def _y(share: float) -> float:
    return HEIGHT - 44 - share * (HEIGHT - 72)

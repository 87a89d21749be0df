"""Where the marks of a chart stand, in SVG units; the templates draw them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import NamedTuple

import numpy as np

WIDTH, HEIGHT = 340.0, 140.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 10.0, 10.0, 20.0
ACROSS = WIDTH - LEFT - RIGHT
NICE = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)  # their halves are round as well
SMALLEST = 1e-6  # what is less is drawn as nothing
Values = Sequence[float | None]
Say = Callable[[float], str]
Point = tuple[float, float, float | None]  # where, and the value


class Mark(NamedTuple):
    """A point or a word at a place."""

    x: float
    y: float
    text: str


class Bar(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    name: str
    text: str


class Whisker(NamedTuple):
    """An estimate with its interval, from 0 to 200; nothing is at 100."""

    low: float
    at: float
    high: float
    text: str
    tone: str  # good, bad or open


@dataclass(frozen=True, slots=True)
class Chart:
    kind: str  # the template that draws it
    paths: list[str] = field(default_factory=list)
    area: str = ""
    marks: list[Mark] = field(default_factory=list)
    last: list[Mark] = field(default_factory=list)
    across: list[Mark] = field(default_factory=list)  # lines from left to right, and what they are
    below: list[Mark] = field(default_factory=list)
    goal: Mark | None = None
    bars: list[Bar] = field(default_factory=list)
    height: float = HEIGHT
    width: float = WIDTH


def percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def plain(value: float) -> str:
    return f"{value:.1f}" if value < 10 and value % 1 else f"{value:,.0f}"


def fine(value: float) -> str:
    return f"{value:.2f}" if 0 < value < 1 else plain(value)


def line(
    days: Sequence[date], series: Sequence[tuple[str, Values]], say: Say, goal: float | None = None
) -> Chart:
    """One or more series over days; a day that nothing is known of leaves a gap."""
    top = _top([v for _, values in series for v in values if v is not None] + [goal or 0])
    x = np.linspace(LEFT, WIDTH - RIGHT, len(days)).tolist()
    placed = [(name, [(px, _y(v, top), v) for px, v in zip(x, values, strict=True)])
              for name, values in series]  # fmt: skip
    known = [(name, [p for p in points if p[2] is not None]) for name, points in placed]
    return Chart(
        "line",
        paths=[_path(points) for _, points in placed],
        area="".join(map(_area, _unbroken(placed[0][1]))),
        marks=[
            Mark(px, py, f"{day:%-d %b}: {name} {say(v)}")
            for name, points in placed
            for day, (px, py, v) in zip(days, points, strict=True)
            if v is not None
        ],
        last=[Mark(*points[-1][:2], name) for name, points in known if points],
        across=[Mark(LEFT, _y(v, top), say(v)) for v in (0, top / 2, top)],
        below=[Mark(px, HEIGHT - 4, f"{day:%-d %b}") for px, day in _some(x, days)],
        goal=None if goal is None else Mark(LEFT, _y(goal, top), f"aim {say(goal)}"),
    )


def _top(values: Sequence[float]) -> float:
    """A round number above them all."""
    most = max(values, default=0)
    most = most if most > SMALLEST else 1.0
    power = 10.0 ** np.floor(np.log10(most))
    return float(next(nice for nice in NICE if nice * power >= most - 1e-12) * power)


def _y(value: float | None, top: float) -> float:
    return round(HEIGHT - BOTTOM - (value or 0) / top * (HEIGHT - BOTTOM - TOP), 1)


def _path(points: Sequence[Point]) -> str:
    steps, pen = [], "M"
    for x, y, value in points:
        if value is None:
            pen = "M"
        else:
            steps.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
    return "".join(steps)


def _unbroken(points: Sequence[Point]) -> list[list[Point]]:
    """The stretches without a gap."""
    known = groupby(points, key=lambda point: point[2] is not None)
    return [list(stretch) for there, stretch in known if there]


def _area(points: Sequence[Point]) -> str:
    floor = HEIGHT - BOTTOM
    return f"{_path(points)}L{points[-1][0]:.1f} {floor}L{points[0][0]:.1f} {floor}Z"


def _some(x: Sequence[float], days: Sequence[date]) -> list[tuple[float, date]]:
    """Every seventh day, so that the words do not touch."""
    return list(zip(x, days, strict=True))[::-7][::-1]


def bars(named: Sequence[tuple[str, float]], say: Say) -> Chart:
    """A column for each name, tall as its value."""
    top, step = _top([value for _, value in named]), ACROSS / max(len(named), 1)
    middle = [LEFT + (i + 0.5) * step for i in range(len(named))]
    floor = HEIGHT - BOTTOM
    return Chart(
        "bars",
        bars=[
            Bar(round(LEFT + i * step + step * 0.14, 1), _y(v, top), round(step * 0.72, 1),
                round(floor - _y(v, top), 1), name, say(v))
            for i, (name, v) in enumerate(named)
        ],
        across=[Mark(LEFT, _y(v, top), say(v)) for v in (0, top / 2, top)],
        below=[Mark(x, HEIGHT - 4, name) for x, (name, _) in zip(middle, named, strict=True)],
    )  # fmt: skip


def lorenz(values: Sequence[float]) -> Chart:
    """What share of all the poorest share has; the straight line is equality."""
    have = np.sort(np.array(values, float))
    if not have.sum():
        return Chart("lorenz")
    share = np.concatenate([[0], np.cumsum(have) / have.sum()])
    some = np.unique(np.linspace(0, len(share) - 1, 60).astype(int))
    side = HEIGHT - BOTTOM - TOP
    x = LEFT + some / (len(share) - 1) * ACROSS
    y = HEIGHT - BOTTOM - share[some] * side
    path = "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in zip(x, y, strict=True))
    return Chart(
        "lorenz", paths=[path], area=f"{path}L{LEFT} {HEIGHT - BOTTOM}Z",
        across=[Mark(LEFT, _y(v, 1), percent(v)) for v in (0, 0.5, 1)],
        below=[Mark(LEFT + v * ACROSS, HEIGHT - 4, percent(v)) for v in (0, 0.5, 1)],
    )  # fmt: skip


Interval = tuple[float, float, float]  # low, estimate, high


def whiskers(
    found: Sequence[Interval | None], say: Say, more_is_better: bool = True
) -> list[Whisker | None]:
    """Estimates with their intervals, all on one scale; None where nothing can be said."""
    known = [edge for one in found if one for edge in one]
    reach = max(map(abs, known), default=1) or 1

    def place(value: float) -> float:
        return round(100 + 94 * value / reach, 1)

    def mark(low: float, at: float, high: float) -> Whisker:
        tone = _tone(low, high, more_is_better)
        return Whisker(place(low), place(at), place(high), say(at), tone)

    return [one and mark(*one) for one in found]


def _tone(low: float, high: float, more_is_better: bool) -> str:
    if low <= 0 <= high:
        return "open"
    return "good" if (low > 0) == more_is_better else "bad"

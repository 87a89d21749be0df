"""BlazeFace in the outputs of SCRFD, the detector insightface knows.

SCRFD answers for strides 8, 16 and 32, two anchors each, in units of the stride: a score,
the distances to the box's sides, and five points. BlazeFace has strides 8 (two anchors) and
16 (six), a centre with a size, and four points: eyes, nose, mouth centre.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cameos.pack.graph import Graph
from cameos.pack.tflite import convert

NUMBERS = 16  # per anchor: centre x, y, width, height, six points
WANTED = 2  # anchors per place
MOUTH = 0.4  # half a mouth's width, in distances between the eyes


def write_detector(network: bytes, path: Path) -> None:
    graph = Graph()
    # insightface divides by 128, BlazeFace was trained with 127.5.
    source = graph.add("Mul", "input.1", graph.floats(128 / 127.5))
    found = convert(network, graph, source)
    parts = zip((8, 16), (2, 6), found["classificators"], found["regressors"], strict=True)
    for stride, anchors, scores, numbers in parts:
        _answer(graph, stride, anchors, scores, numbers)
    _answer_nothing(graph, found["classificators"][1])
    outputs = [
        (f"{name}{stride}", [None, width])
        for name, width in (("s", 1), ("b", 4), ("k", 10))
        for stride in (8, 16, 32)
    ]
    graph.save(path, [("input.1", [1, 3, "h", "w"])], outputs)


def _answer(graph: Graph, stride: int, anchors: int, scores: str, numbers: str) -> None:
    score, number = _rows(graph, scores, anchors), _rows(graph, numbers, anchors, NUMBERS)
    if anchors > WANTED:
        score, number = _best(graph, score, number)
    graph.add("Sigmoid", graph.add("Reshape", score, graph.ints([-1, 1])), out=f"s{stride}")
    flat = graph.add("Reshape", number, graph.ints([-1, NUMBERS]))
    unit = graph.add("Mul", flat, graph.floats(1 / stride))
    # BlazeFace counts from a cell's centre, SCRFD from its corner: half a stride away.
    box = graph.add("MatMul", unit, graph.floats(_to_sides()))
    graph.add("Add", box, graph.floats([-0.5, -0.5, 0.5, 0.5]), out=f"b{stride}")
    points = graph.add("MatMul", unit, graph.floats(_to_points()))
    graph.add("Add", points, graph.floats(0.5), out=f"k{stride}")


def _rows(graph: Graph, value: str, *shape: int) -> str:
    """(1, C, H, W) as one row per place."""
    by_place = graph.add("Transpose", value, perm=[0, 2, 3, 1])
    return graph.add("Reshape", by_place, graph.ints([-1, *shape]))


def _best(graph: Graph, score: str, number: str) -> tuple[str, str]:
    score, index = graph.add_split("TopK", score, graph.ints([WANTED]), axis=1, count=2)
    wide = graph.add("Unsqueeze", index, graph.ints([2]))
    index = graph.add("Expand", wide, graph.ints([1, 1, NUMBERS]))
    return score, graph.add("GatherElements", number, index, axis=1)


def _to_sides() -> np.ndarray:
    """(16, 4): centre and size to the distances left, top, right, bottom."""
    sides = np.zeros((NUMBERS, 4))
    sides[0, [0, 2]] = sides[1, [1, 3]] = -1, 1
    sides[2, [0, 2]] = sides[3, [1, 3]] = 0.5
    return sides


def _to_points() -> np.ndarray:
    """(16, 10): four points to five, the mouth's corners lying along the line of the eyes."""
    points = np.zeros((NUMBERS, 10))
    points[range(4, 10), range(6)] = 1
    for axis in (0, 1):
        for corner, side in ((6, MOUTH), (8, -MOUTH)):
            points[10 + axis, corner + axis] = 1
            points[4 + axis, corner + axis] = side
            points[6 + axis, corner + axis] = -side
    return points


def _answer_nothing(graph: Graph, scores: str) -> None:
    """Stride 32, which BlazeFace lacks: as many rows as insightface expects, all zero."""
    halved = graph.add("MaxPool", scores, kernel_shape=[2, 2], strides=[2, 2])
    two = graph.add("Gather", halved, graph.ints([0, 1]), axis=1)
    zero = graph.add("Mul", _rows(graph, two, 1), graph.floats(0.0))
    for name, width in (("s", 1), ("b", 4), ("k", 10)):
        graph.add("Concat", *[zero] * width, axis=1, out=f"{name}32")

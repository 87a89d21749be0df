"""A face's texture as 512 numbers, with no learned weights: local binary patterns.

Every pixel gets the pattern of which neighbours are brighter, every cell of a 7 x 7 grid the
histogram of its patterns, at three radii; the whole is projected by a seeded random matrix into
the outputs of ArcFace, the recogniser insightface knows. It tells one head from another inside
a clip, and does not know a person again across days.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from cameos.pack.graph import Graph, Port

SIDE = 112  # pixels of the aligned crop
RADII = (2, 4, 6)
CELL = 16
GRID = SIDE // CELL
NEIGHBOURS = 8
KINDS = 59  # 58 uniform patterns and the rest
LENGTH = KINDS * len(RADII) * GRID * GRID
DIM = 512
SEED = 11
NOISE = 0.012  # a neighbour must be so much brighter to count
GREY = (0.299, 0.587, 0.114)
INPUTS: list[Port] = [("input.1", ["N", 3, SIDE, SIDE])]


def write_embedder(mean: np.ndarray, path: Path) -> None:
    """The whole net; `mean` (8673,) is the histogram of an average face, taken off each."""
    graph = Graph()
    centred = graph.add("Sub", _histograms(graph), graph.floats(mean))
    matrix = np.random.default_rng(SEED).standard_normal((LENGTH, DIM)) / DIM**0.5
    graph.add("MatMul", centred, graph.floats(matrix), out="feat")
    graph.save(path, INPUTS, [("feat", ["N", DIM])])


def histogram_model() -> onnx.ModelProto:
    """The net up to the histograms (N, 8673), from which the mean is taken."""
    graph = Graph()
    graph.add("Identity", _histograms(graph), out="histograms")
    return graph.model(INPUTS, [("histograms", ["N", LENGTH])])


def _histograms(graph: Graph) -> str:
    grey = graph.add("Conv", "input.1", graph.floats(np.reshape(GREY, (1, 3, 1, 1))))
    smooth = graph.add("Conv", grey, graph.floats(_gaussian(5, 0.9)[None, None]), pads=[2] * 4)
    rings = [_cells(graph, _pattern(graph, smooth, radius)) for radius in RADII]
    weighed = graph.add("Mul", graph.add("Concat", *rings, axis=1), graph.floats(_attention()))
    return graph.add("Reshape", weighed, graph.ints([0, LENGTH]))


def _pattern(graph: Graph, picture: str, radius: int) -> str:
    """(N, 1, 112, 112): for each pixel a bit per neighbour on the ring that is brighter."""
    r = radius
    framed = graph.add("Pad", picture, graph.ints([0, 0, r, r, 0, 0, r, r]), mode="edge")
    level = graph.add("Add", picture, graph.floats(NOISE))
    code = graph.floats(0.0)
    for bit, (dx, dy) in enumerate(_ring(radius)):
        corners = [r + dy, r + dx], [r + dy + SIDE, r + dx + SIDE]
        neighbour = graph.add("Slice", framed, *map(graph.ints, corners), graph.ints([2, 3]))
        brighter = graph.add("GreaterOrEqual", neighbour, level)
        number = graph.add("Cast", brighter, to=TensorProto.FLOAT)
        code = graph.add("Add", code, graph.add("Mul", number, graph.floats(2.0**bit)))
    return code


def _cells(graph: Graph, code: str) -> str:
    """(N, 59, 7, 7): the share of each kind of pattern in each cell, as square roots."""
    index = graph.add("Cast", code, to=TensorProto.INT64)
    kinds = graph.add("Gather", graph.ints(_kinds()), index, axis=0)
    flat = graph.add("Squeeze", kinds, graph.ints([1]))
    marks = graph.add("OneHot", flat, graph.ints(KINDS), graph.floats([0.0, 1.0]), axis=1)
    window = {"kernel_shape": [CELL, CELL], "strides": [CELL, CELL]}
    return graph.add("Sqrt", graph.add("AveragePool", marks, **window))


def _ring(radius: int) -> list[tuple[int, int]]:
    angles = [i * np.pi / 4 for i in range(NEIGHBOURS)]
    return [(round(radius * np.cos(a)), round(radius * np.sin(a))) for a in angles]


def _kinds() -> list[int]:
    """The kind of each of 256 patterns: uniform ones change at most twice around the ring."""
    kinds, found = [], 0
    for pattern in range(256):
        bits = [pattern >> i & 1 for i in range(NEIGHBOURS)]
        uniform = sum(bits[i] != bits[i - 1] for i in range(NEIGHBOURS)) <= 2
        kinds.append(found if uniform else KINDS - 1)
        found += uniform
    return kinds


def _gaussian(size: int, sigma: float) -> np.ndarray:
    line = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * sigma**2))
    return np.outer(line, line) / line.sum() ** 2


def _attention() -> np.ndarray:
    """(7, 7): eyes, nose and mouth count more than the corners."""
    y, x = np.mgrid[:GRID, :GRID]
    return np.exp(-(((x - 3) / 2.94) ** 2) - ((y - 3) / 3.5) ** 2)

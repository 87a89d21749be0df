"""FaceMesh in the outputs of 1k3d68, the landmark net insightface takes a head's pose from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cameos.pack.graph import Graph
from cameos.pack.tflite import convert

SIDE = 192  # pixels
MESH = 468
ROWS = 1103  # of 1k3d68, the last 68 of which insightface uses
POINTS = "conv2d_21"

# Which mesh point is which of the 68: jaw, brows, nose, eyes, lips.
OF_MESH = [
    *(127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356),
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),
    *(168, 6, 195, 4, 98, 97, 2, 326, 327),
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),
    *(78, 82, 13, 312, 308, 317, 14, 87),
]


def write_landmarks(network: bytes, path: Path) -> None:
    graph = Graph()
    mesh = _mesh(graph, network)
    points = graph.add("Gather", mesh, graph.ints(OF_MESH), axis=1)
    # Pixels of the crop to -1..1, and depth growing towards the camera.
    scaled = graph.add("Mul", points, graph.floats(np.array([1, 1, -1]) / (SIDE / 2)))
    centred = graph.add("Add", scaled, graph.floats([-1, -1, 0]))
    flat = graph.add("Reshape", centred, graph.ints([-1, 3 * len(OF_MESH)]))
    graph.add("Pad", flat, graph.ints([0, 3 * (ROWS - len(OF_MESH)), 0, 0]), out="fc1")
    graph.save(path, [("data", ["N", 3, SIDE, SIDE])], [("fc1", [1, 3 * ROWS])])


def write_mesh(network: bytes, path: Path) -> None:
    """All 468 points with depth, in pixels of the crop; not for insightface."""
    graph = Graph()
    graph.add("Identity", _mesh(graph, network), out="mesh")
    graph.save(path, [("data", ["N", 3, SIDE, SIDE])], [("mesh", ["N", MESH, 3])])


def _mesh(graph: Graph, network: bytes) -> str:
    """(N, 468, 3) from a crop normalised as insightface does it; FaceMesh wants 0..1."""
    scaled = graph.add("Mul", "data", graph.floats(128 / 255))
    found = convert(network, graph, graph.add("Add", scaled, graph.floats(0.5)))
    return graph.add("Reshape", str(found[POINTS]), graph.ints([-1, MESH, 3]))

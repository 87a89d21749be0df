"""An ONNX graph, written node by node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Port = tuple[str, list[int | str | None]]  # name and shape of an input or output


class Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def floats(self, values: Any) -> str:
        return self._constant(np.asarray(values, np.float32))

    def ints(self, values: Any) -> str:
        return self._constant(np.asarray(values, np.int64))

    def _constant(self, values: np.ndarray) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def add(self, kind: str, *inputs: str, out: str | None = None, **options: Any) -> str:
        """Append a node and name its output."""
        return self.add_split(kind, *inputs, outs=[out or self._fresh()], **options)[0]

    def add_split(
        self, kind: str, *inputs: str, outs: Sequence[str] = (), count: int = 0, **options: Any
    ) -> list[str]:
        """Append a node of several outputs: `outs` by name, or `count` nameless ones."""
        outs = list(outs) or [f"{self._fresh()}_{i}" for i in range(count)]
        # The name must not begin with Sub or Mul: insightface reads normalisation off it.
        name = f"node{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), outs, name=name, **options))
        return outs

    def _fresh(self) -> str:
        return f"between{len(self.nodes)}"

    def save(self, path: Path, inputs: Sequence[Port], outputs: Sequence[Port]) -> None:
        onnx.save(self.model(inputs, outputs), str(path))

    def model(self, inputs: Sequence[Port], outputs: Sequence[Port]) -> onnx.ModelProto:
        ports = [[_port(*port) for port in side] for side in (inputs, outputs)]
        graph = helper.make_graph(self.nodes, "faces", *ports, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        return model


def _port(name: str, shape: list[int | str | None]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

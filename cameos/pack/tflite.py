"""Turn a TFLite network into ONNX nodes, as far as the face models need it."""

from __future__ import annotations

from typing import cast

import numpy as np

from cameos.pack.flatbuffer import Table
from cameos.pack.graph import Graph

# Slots of the TFLite schema, by table.
MODEL_CODES, MODEL_GRAPHS, MODEL_BUFFERS = 1, 2, 4
GRAPH_TENSORS, GRAPH_INPUTS, GRAPH_OUTPUTS, GRAPH_STEPS = 0, 1, 2, 3
TENSOR_SHAPE, TENSOR_TYPE, TENSOR_BUFFER, TENSOR_NAME = 0, 1, 2, 3
STEP_CODE, STEP_INPUTS, STEP_OUTPUTS, STEP_OPTIONS = 0, 1, 2, 4
TYPES = {0: "<f4", 1: "<f2", 2: "<i4"}
SAME_PADDING = 0
RELU = 1

Outputs = dict[str, str | list[str]]


def convert(network: bytes, graph: Graph, source: str) -> Outputs:
    """Append a network to a graph, reading from `source`; its outputs by their TFLite names.

    Shapes turn from NHWC to NCHW. RESHAPE and CONCATENATION are left to the caller, who knows
    what the parts mean: a concatenated output comes back as the list of its parts.
    """
    return _Conversion(network, graph, source).run()


class _Conversion:
    def __init__(self, network: bytes, graph: Graph, source: str) -> None:
        model = Table.root(network)
        net = model.tables(MODEL_GRAPHS)[0]
        self.graph = graph
        self.tensors = net.tables(GRAPH_TENSORS)
        self.buffers = model.tables(MODEL_BUFFERS)
        self.codes = [max(c.number(0, "<b"), c.number(3)) for c in model.tables(MODEL_CODES)]
        self.steps = net.tables(GRAPH_STEPS)
        self.outputs = net.vector(GRAPH_OUTPUTS).tolist()
        self.constants: dict[int, np.ndarray] = {}
        self.values: dict[int, str | list[str]] = {int(net.vector(GRAPH_INPUTS)[0]): source}

    def run(self) -> Outputs:
        for step in self.steps:
            code = self.codes[step.number(STEP_CODE)]
            if code not in STEPS:
                raise NotImplementedError(f"TFLite operator {code}")
            inputs = step.vector(STEP_INPUTS).tolist()
            output = int(step.vector(STEP_OUTPUTS)[0])
            STEPS[code](self, inputs, output, step.table(STEP_OPTIONS))
        return {self.tensors[i].text(TENSOR_NAME): self.values[i] for i in self.outputs}

    def value(self, tensor: int) -> str:
        return cast(str, self.values[tensor])

    def shape(self, tensor: int) -> list[int]:
        return [int(n) for n in self.tensors[tensor].vector(TENSOR_SHAPE)]

    def weights(self, tensor: int) -> np.ndarray:
        if tensor in self.constants:
            return self.constants[tensor]
        facts = self.tensors[tensor]
        raw = self.buffers[facts.number(TENSOR_BUFFER)].vector(0, "u1")
        return raw.view(TYPES[facts.number(TENSOR_TYPE, "<b")]).reshape(self.shape(tensor))

    def dequantize(self, inputs: list[int], output: int, _: Table | None) -> None:
        self.constants[output] = self.weights(inputs[0]).astype(np.float32)

    def conv(self, inputs: list[int], output: int, options: Table) -> None:
        self._conv(inputs, output, options, order=(0, 3, 1, 2), groups=1, activation=3)

    def depthwise(self, inputs: list[int], output: int, options: Table) -> None:
        groups = self.shape(inputs[0])[3]
        self._conv(inputs, output, options, order=(3, 0, 1, 2), groups=groups, activation=4)

    def _conv(
        self,
        inputs: list[int],
        output: int,
        options: Table,
        *,
        order: tuple[int, ...],
        groups: int,
        activation: int,
    ) -> None:
        kernel = self.weights(inputs[1])  # (out or 1, h, w, in)
        strides = [options.number(2), options.number(1)]  # rows, columns
        sizes = zip(self.shape(inputs[0])[1:3], kernel.shape[1:3], strides, strict=True)
        same = options.number(0, "<b") == SAME_PADDING
        rows, columns = (_padding(*size) if same else (0, 0) for size in sizes)
        made = self.graph.add(
            "Conv",
            self.value(inputs[0]),
            self.graph.floats(kernel.transpose(order)),
            self.graph.floats(self.weights(inputs[2])),
            strides=strides,
            pads=[rows[0], columns[0], rows[1], columns[1]],
            group=groups,
        )
        self.values[output] = self._activate(made, options.number(activation, "<b"))

    def _activate(self, value: str, activation: int) -> str:
        if activation not in (0, RELU):
            raise NotImplementedError(f"TFLite activation {activation}")
        return self.graph.add("Relu", value) if activation else value

    def max_pool(self, inputs: list[int], output: int, options: Table) -> None:
        window = [options.number(4), options.number(3)]
        stride = [options.number(2), options.number(1)]
        if window != stride:
            raise NotImplementedError("TFLite pooling with overlap")
        self.values[output] = self.graph.add(
            "MaxPool", self.value(inputs[0]), kernel_shape=window, strides=stride
        )

    def plus(self, inputs: list[int], output: int, options: Table | None) -> None:
        made = self.graph.add("Add", *map(self.value, inputs))
        self.values[output] = self._activate(made, options.number(0, "<b") if options else 0)

    def relu(self, inputs: list[int], output: int, _: Table | None) -> None:
        self.values[output] = self.graph.add("Relu", self.value(inputs[0]))

    def prelu(self, inputs: list[int], output: int, _: Table | None) -> None:
        slope = self.graph.floats(self.weights(inputs[1]).reshape(-1, 1, 1))
        self.values[output] = self.graph.add("PRelu", self.value(inputs[0]), slope)

    def pad(self, inputs: list[int], output: int, _: Table | None) -> None:
        widths = self.weights(inputs[1])[[0, 3, 1, 2]].T.ravel()
        self.values[output] = self.graph.add("Pad", self.value(inputs[0]), self.graph.ints(widths))

    def pass_on(self, inputs: list[int], output: int, _: Table | None) -> None:
        self.values[output] = self.values[inputs[0]]

    def gather_parts(self, inputs: list[int], output: int, _: Table | None) -> None:
        self.values[output] = [self.value(part) for part in inputs]


def _padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """SAME padding of one side, as TFLite splits it: the odd pixel at the end."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


STEPS = {
    0: _Conversion.plus,
    2: _Conversion.gather_parts,
    3: _Conversion.conv,
    4: _Conversion.depthwise,
    6: _Conversion.dequantize,
    17: _Conversion.max_pool,
    19: _Conversion.relu,
    22: _Conversion.pass_on,
    34: _Conversion.pad,
    54: _Conversion.prelu,
}

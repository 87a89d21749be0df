"""Open an ONNX net to run it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def options() -> Any:
    """Quiet, and of one thread: these nets are too small to gain from more."""
    import onnxruntime  # noqa: PLC0415 -- loads on first use

    chosen = onnxruntime.SessionOptions()
    chosen.intra_op_num_threads = 1
    chosen.log_severity_level = 3
    return chosen


def open_net(net: Path | bytes) -> Any:
    """A session on the CPU, of a file or a model's bytes."""
    import onnxruntime  # noqa: PLC0415 -- loads on first use

    source = net if isinstance(net, bytes) else str(net)
    return onnxruntime.InferenceSession(source, options(), providers=["CPUExecutionProvider"])

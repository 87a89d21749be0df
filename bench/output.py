"""Where a measurement puts its figures."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def write(figures: dict[str, Any]) -> None:
    """Print the figures, and write them to `--out` when given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    out = parser.parse_known_args()[0].out
    text = json.dumps(figures, indent=2)
    print(text)
    if out:
        out.write_text(text)


def spread(values: Sequence[float]) -> dict[str, float]:
    """p50, p95 and the worst."""
    ordered = sorted(values)
    return {
        "p50": statistics.median(ordered),
        "p95": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
        "max": ordered[-1],
        "n": len(ordered),
    }

"""What a piece of work costs: seconds by the clock and of the processor, the least disturbed."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable


def least(work: Callable[[], object], times: int) -> dict[str, float]:
    """`wall` and `cpu`, the least of so many runs of each."""
    costs = [cost(work) for _ in range(times)]
    return {kind: min(one[kind] for one in costs) for kind in costs[0]}


def cost(work: Callable[[], object]) -> dict[str, float]:
    wall, cpu = time.perf_counter(), _spent()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": _spent() - cpu}


def _spent() -> float:
    """Seconds of the processor, with those of children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime

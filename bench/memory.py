"""The memory of a process and all its children, sampled while something else happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

EVERY = 0.2  # seconds


class Peak:
    """The largest sum of resident sizes seen, in bytes."""

    def __init__(self) -> None:
        self.bytes = 0


@contextmanager
def watching(pid: int | None = None, including_self: bool = True) -> Iterator[Peak]:
    peak, ended = Peak(), threading.Event()
    process = psutil.Process(pid)

    def watch() -> None:
        while not ended.wait(EVERY):
            peak.bytes = max(peak.bytes, _resident(process, including_self))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield peak
    ended.set()
    thread.join()


def _resident(process: psutil.Process, including_self: bool) -> int:
    family = process.children(recursive=True) + ([process] if including_self else [])
    total = 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total

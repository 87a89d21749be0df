"""A segment in a file that processes map instead of reading: written by one, opened by others.

What is cut short, of another version, or holds what is no number is refused, and built anew.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.store.columns import Columns
from ranking.store.segment import Segment

MAGIC = "sora-items-3"  # another one with every change of the columns
ALIGNED = 64
COUNTED = ("posts", "feedback", "author_rates", "tree_rates", "template_rates")
PLACES = {"who": (0, "people"), "tree": (-1, "trees"), "template": (-1, "templates")}


class BadSnapshot(ValueError):
    """The file is not a snapshot that may be used."""


def write(segment: Segment, path: Path) -> None:
    """All at once: whoever opens the path finds the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    young = path.with_suffix(f".{os.getpid()}")
    try:
        with young.open("wb") as file:
            file.write(_header(segment))
            for column in segment.columns.values():
                file.write(bytes(-file.tell() % ALIGNED))
                file.write(np.ascontiguousarray(column).data)
            file.truncate(file.tell() + -file.tell() % ALIGNED)
            os.fsync(file.fileno())
        young.replace(path)
    finally:
        young.unlink(missing_ok=True)


def _header(segment: Segment) -> bytes:
    told = {
        "magic": MAGIC,
        "moment": segment.moment,
        "columns": [[name, c.dtype.str, c.shape] for name, c in segment.columns.items()],
    }
    return json.dumps(told).encode() + b"\n"


def opened(path: Path) -> Segment:
    """The segment that lies there, mapped. Raises BadSnapshot, FileNotFoundError."""
    try:
        file = np.memmap(path, np.uint8, "r")
        header = json.loads(bytes(file[: 1 << 14]).partition(b"\n")[0])
        if header["magic"] != MAGIC:
            raise BadSnapshot("of another version")
        segment = Segment.of(dict(_columns(file, header)), float(header["moment"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadSnapshot(str(error)) from error
    _check(segment.columns)
    return segment


def _columns(file: NDArray[np.uint8], header: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    at = len(json.dumps(header)) + 1
    for name, kind, shape in header["columns"]:
        at += -at % ALIGNED
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        if at + size > len(file):
            raise BadSnapshot("cut short")
        yield name, np.asarray(file[at : at + size]).view(kind).reshape(shape)
        at += size
    if at + -at % ALIGNED != len(file):
        raise BadSnapshot("too long")


def _check(columns: Columns) -> None:
    """What the rest relies on. Half floats are compared as bits: that is quicker."""
    if ((columns["vector"].view(np.uint16) & 0x7C00) == 0x7C00).any():
        raise BadSnapshot("a vector is no number")
    if not all(np.isfinite(columns[name]).all() for name in COUNTED):
        raise BadSnapshot("a count is no number")
    ids, count = columns["id"], len(columns["id"])
    if (ids[1:] <= ids[:-1]).any():
        raise BadSnapshot("not in the order of ids")
    for name, column in columns.items():
        if name.endswith("_positions") and _outside(column, 0, count):
            raise BadSnapshot(f"{name} lead elsewhere")
    for name, (least, table) in PLACES.items():
        if _outside(columns[name], least, len(columns[table])):
            raise BadSnapshot(f"{name} leads elsewhere")


def _outside(column: NDArray[Any], least: int, count: int) -> bool:
    return bool(len(column)) and bool(column.min() < least or column.max() >= count)


@contextmanager
def sole(path: Path) -> Iterator[bool]:
    """Whether this process alone builds the file now; never waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True  # closing the file gives the lock back

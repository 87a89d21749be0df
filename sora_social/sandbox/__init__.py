"""Decoding in a short-lived child that can read one file and write one answer, and nothing else."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from math import ceil
from pathlib import Path
from typing import IO, Any

CHILD = Path(__file__).parent / "child.py"
HEADER = 1 << 20  # bytes the child's line of facts may take
BROKEN, COSTLY = "not_decodable", "too_costly"

Facts = dict[str, Any]


def decode(source: IO[bytes], order: Facts, wall: float) -> tuple[Facts, bytes]:
    """What the child found in an open file: facts, among them `refused` if it was, and raw bytes.

    The order names `kind` (or the path of a module with a `decode` of its own), `format`, `memory`
    and `result` in bytes, and what its decoder wants. The facts are a stranger's word: the caller
    checks them.
    """
    source.seek(0)
    with tempfile.TemporaryFile() as result:
        died = _run(json.dumps(order | {"cpu": ceil(wall)}), source, result, wall)
        result.seek(0)
        facts = _facts(result.readline(HEADER))
        return ({"refused": died}, b"") if died else (facts, result.read())


def _run(order: str, source: IO[bytes], result: IO[bytes], wall: float) -> str | None:
    """Run the child to its end; the rule it broke if that end was not its own."""
    try:
        ran = subprocess.run(
            [sys.executable, "-I", str(CHILD), order],
            stdin=source,
            stdout=result,
            stderr=subprocess.DEVNULL,
            env={"OPENBLAS_NUM_THREADS": "1"},  # its threads would each take address space
            cwd="/",
            timeout=wall,
        )
    except subprocess.TimeoutExpired:
        return COSTLY
    if ran.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return COSTLY
    return BROKEN if ran.returncode else None


def _facts(line: bytes) -> Facts:
    try:
        facts = json.loads(line)
    except ValueError:
        return {"refused": BROKEN}
    return facts if isinstance(facts, dict) else {"refused": BROKEN}

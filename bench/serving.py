"""One granian worker on a port of its own, and what its processes cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from demo.server import free_port

TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def granian(**environment: str) -> Iterator[tuple[int, str]]:
    """Its process id and its address; nobody is refused for asking often."""
    port = free_port()
    command = [
        str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--workers", "1",
        "--host", "127.0.0.1", "--port", str(port), "--no-access-log",
        "sora_social.wsgi:application",
    ]  # fmt: skip
    quick = {"RATE_LIMIT": "1000000/min", "OMP_NUM_THREADS": "1"} | environment
    server = subprocess.Popen(command, env=os.environ | quick, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        await_answer(f"{url}/healthz")
        yield server.pid, url
    finally:
        server.terminate()
        server.wait()


def await_answer(url: str) -> None:
    """Until it answers at all. Raises TimeoutError."""
    for _ in range(600):
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"nobody answers at {url}")


def cpu(pid: int) -> float:
    """Seconds that a process and its children have worked."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / TICK + sum(cpu(int(child)) for child in children)


def resident(pid: int) -> int:
    """Bytes of memory of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(child)) for child in children)

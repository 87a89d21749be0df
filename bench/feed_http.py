"""A first page over HTTP from one granian worker, and the CPU that its processes spent."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from demo.server import free_port

WARM, ROUNDS = 40, 300
TICK = os.sysconf("SC_CLK_TCK")


def measure(viewer: Any) -> dict[str, Any]:
    from sora_social.users.tokens import issue  # noqa: PLC0415 -- models load after setup

    port = free_port()
    command = [
        str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--workers", "1",
        "--host", "127.0.0.1", "--port", str(port), "--no-access-log",
        "sora_social.wsgi:application",
    ]  # fmt: skip
    quick = {"RATE_LIMIT": "1000000/min", "OMP_NUM_THREADS": "1"}
    server = subprocess.Popen(command, env=os.environ | quick, stdout=subprocess.DEVNULL)
    headers = {"Authorization": f"Bearer {issue(viewer)[1]}"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            _await(client)
            return _asked(client, server.pid)
    finally:
        server.terminate()
        server.wait()


def _await(client: httpx.Client) -> None:
    for _ in range(300):
        try:
            if client.get("/api/v1/feed/home/").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("the server did not start")


def _asked(client: httpx.Client, pid: int) -> dict[str, Any]:
    walls = []
    for turn in range(WARM + ROUNDS):
        if turn == WARM:
            began = _cpu(pid)
        at = time.perf_counter()
        answer = client.get("/api/v1/feed/home/", params={"session": f"s{turn}"})
        assert len(answer.json()["items"]) >= 20, answer.text
        walls.append((time.perf_counter() - at) * 1000)
    walls = sorted(walls[WARM:])
    return {
        "cpu_ms": (_cpu(pid) - began) / ROUNDS * 1000,
        "wall_ms": {"p50": walls[ROUNDS // 2], "p99": walls[int(ROUNDS * 0.99)]},
        "policy": answer.json()["policy"],
        "bytes": len(answer.content),
    }


def _cpu(pid: int) -> float:
    """Seconds that a process and its children have worked."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / TICK + sum(_cpu(int(child)) for child in children)

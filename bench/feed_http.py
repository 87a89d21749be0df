"""A first page over HTTP from one granian worker, and the CPU that its processes spent."""

from __future__ import annotations

import time
from typing import Any

import httpx

from bench.serving import cpu, granian

WARM, ROUNDS = 40, 300


def measure(viewer: Any) -> dict[str, Any]:
    from feed.catalog import STORE  # noqa: PLC0415 -- models load after setup
    from sora_social.users.tokens import issue  # noqa: PLC0415

    STORE.renew()  # as a sweeper does each minute, so that no server has to
    headers = {"Authorization": f"Bearer {issue(viewer)[1]}"}
    with granian() as (pid, url), httpx.Client(base_url=url, headers=headers) as client:
        return _asked(client, pid)


def _asked(client: httpx.Client, pid: int) -> dict[str, Any]:
    walls = []
    for turn in range(WARM + ROUNDS):
        if turn == WARM:
            began = cpu(pid)
        at = time.perf_counter()
        answer = client.get("/api/v1/feed/home/", params={"session": f"s{turn}"})
        assert len(answer.json()["items"]) >= 20, answer.text
        walls.append((time.perf_counter() - at) * 1000)
    walls = sorted(walls[WARM:])
    return {
        "cpu_ms": (cpu(pid) - began) / ROUNDS * 1000,
        "wall_ms": {"p50": walls[ROUNDS // 2], "p99": walls[int(ROUNDS * 0.99)]},
        "policy": answer.json()["policy"],
        "bytes": len(answer.content),
    }

"""`/v1` on PostgreSQL, from one granian worker: CPU of a create and a retrieve, what a thousand
pollers take of a core, and how fast a file comes, by nginx and without.

A thousand clients that ask each `POLL_AFTER_MS` (what the SDK is told to wait) are as many requests
a second; fewer clients ask so often here, and the CPU of each request is what is counted.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx

from bench import wire_files
from bench.database import own_database
from bench.output import spread, write
from bench.serving import cpu, granian

WARM, ROUNDS = 40, 300
POLLERS, SECONDS, HANDS = 1_000, 20.0, 8
WISH = {"prompt": "a red ball rolls down a hill", "seconds": "8"}
PLAN, PEOPLE = "studio", 5  # of whom each may have so many open that all rounds fit
Call = Callable[[int], httpx.Response]


def people() -> list[str]:
    """Tokens of people who may have many jobs open."""
    from generation.lots import grant  # noqa: PLC0415 -- models load after setup
    from generation.plans import subscribe  # noqa: PLC0415
    from sora_social.users import keys  # noqa: PLC0415
    from sora_social.users.models import User  # noqa: PLC0415

    made = [User.objects.create_user(f"person_{n}", birthdate="1990-01-01") for n in range(PEOPLE)]
    for one in made:
        subscribe(one, PLAN)
        grant(one, 100_000)
    return [token for one in made for token in (keys.make(one)[1], keys.make(one)[1])]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def cost(pid: int, call: Call) -> dict[str, Any]:
    """Of a request: milliseconds of CPU in the server, and by the clock."""
    for turn in range(WARM):
        call(turn).raise_for_status()
    began, walls = cpu(pid), []
    for turn in range(WARM, WARM + ROUNDS):
        at = time.perf_counter()
        call(turn).raise_for_status()
        walls.append((time.perf_counter() - at) * 1000)
    return {"cpu_ms": (cpu(pid) - began) / ROUNDS * 1000, "wall_ms": spread(walls)}


def creating(client: httpx.Client, tokens: list[str], keyed: bool) -> Call:
    def call(turn: int) -> httpx.Response:
        key = {"Idempotency-Key": f"key-{turn}"} if keyed else {}
        headers = bearer(tokens[turn % len(tokens)]) | key
        return client.post("/v1/videos", json=WISH, headers=headers)

    return call


def polling(url: str, pid: int, polled: list[tuple[str, str]]) -> dict[str, Any]:
    """As often as so many pollers would, if it can be done; what it takes of a core."""
    wanted = POLLERS / (int(os.environ.get("POLL_AFTER_MS", "5000")) / 1000)
    with ThreadPoolExecutor(HANDS) as hands:
        began, at = cpu(pid), time.perf_counter()
        shares = [islice(cycle(polled[n::HANDS]), 10**9) for n in range(HANDS)]
        asked = sum(hands.map(lambda share: _poll(url, share, at, wanted / HANDS), shares))
        took, spent = time.perf_counter() - at, cpu(pid) - began
    each = spent / asked
    return {
        "pollers": POLLERS, "wanted_per_s": wanted, "asked_per_s": asked / took,
        "cpu_ms": each * 1000, "cores": each * wanted,
    }  # fmt: skip


def _poll(url: str, share: Iterator[tuple[str, str]], began: float, rate: float) -> int:
    asked = 0
    with httpx.Client(base_url=url) as client:
        while time.perf_counter() - began < SECONDS:
            video, token = next(share)
            client.get(f"/v1/videos/{video}", headers=bearer(token)).raise_for_status()
            asked += 1
            time.sleep(max(0.0, began + asked / rate - time.perf_counter()))
    return asked


def serving(tokens: list[str]) -> dict[str, Any]:
    with granian() as (pid, url), httpx.Client(base_url=url) as client:
        create = cost(pid, creating(client, tokens, keyed=False))
        empty_queue()
        keyed = cost(pid, creating(client, tokens, keyed=True))
        polled = _videos(client, tokens)
        retrieve = cost(pid, lambda turn: _retrieve(client, *polled[turn % len(polled)]))
        return {
            "create_cpu_ms": create["cpu_ms"], "keyed_cpu_ms": keyed["cpu_ms"],
            "retrieve_cpu_ms": retrieve["cpu_ms"], "create": create, "create_keyed": keyed,
            "retrieve": retrieve, "polling": (polls := polling(url, pid, polled)),
            "pollers_cores": polls["cores"],
        }  # fmt: skip


def empty_queue() -> None:
    """Every job ends, so that there is room for others."""
    from generation.models import Job  # noqa: PLC0415 -- models load after setup

    Job.objects.update(state="failed")


def _videos(client: httpx.Client, tokens: list[str]) -> list[tuple[str, str]]:
    found = []
    for token in tokens:
        page = client.get("/v1/videos", params={"limit": 20}, headers=bearer(token)).json()
        found += [(video["id"], token) for video in page["data"]]
    return found


def _retrieve(client: httpx.Client, video: str, token: str) -> httpx.Response:
    return client.get(f"/v1/videos/{video}", headers=bearer(token))


@contextmanager
def a_loop() -> Iterator[dict[str, float]]:
    """How fast this machine is at the moment: figures of two runs compare by it."""
    found: dict[str, float] = {}
    yield found
    began = time.process_time()
    sum(number for number in range(5_000_000))
    found["loop_s"] = time.process_time() - began


def main() -> None:
    with a_loop() as machine, own_database("wire"):
        tokens = people()
        figures = serving(tokens) | wire_files.measure(tokens[0], Path(os.environ["DATA"]))
    write(figures | machine)


if __name__ == "__main__":
    main()

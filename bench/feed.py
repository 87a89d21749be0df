"""A page of home among a million posts, beside what else one could do to fill it.

Client and server are weighed apart: `cpu` is of the process that answers, `server` of PostgreSQL's
(or Redis's) process for it, where that runs on the same machine. Blocks of rounds take turns, so
that the ratios hold on a busy machine too, and each way is as warm as a server that does nothing
else. `DATABASE_URL` names a server; a database is made there and
dropped in the end. `REDIS_URL` adds the bare list; `--posts` and `--people` make it smaller.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from collections.abc import Callable
from typing import Any

from bench.database import own_database

PEOPLE, POSTS = 100_000, 1_000_000
VIEWERS = {"light": 20, "usual": 200, "heavy": 865}
WARM, ROUNDS, BLOCK = 50, 300, 50
Ways = dict[str, Callable[[Any], Any]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--posts", type=int, default=POSTS)
    asked = parser.parse_known_args()[0]
    redis = os.environ.pop("REDIS_URL", "")
    with own_database("feed"):
        from bench import crowd, output  # noqa: PLC0415 -- models load after setup

        output.write(measure(crowd.fill(asked.people, asked.posts, VIEWERS), redis))


def measure(viewers: list[Any], redis: str = "") -> dict[str, Any]:
    """The whole table: `viewers` are light, usual and heavy, the heavy one is the test viewer."""
    from bench import crowd, feed_growth, feed_http, feed_ways  # noqa: PLC0415

    store = feed_ways.built()
    ways = feed_ways.ways(redis)
    gc.collect()
    gc.freeze()
    found = {name: _spreads(times) for name, times in _take_turns(viewers[-1], ways).items()}
    first = found["home_first"]["cpu_ms"]["p50"]
    lateral, bare = found["sql_lateral"], found.get("redis_list")
    return {
        "first_cpu_ms": first,
        "first_p99_ms": found["home_first"]["cpu_ms"]["p99"],
        "later_cpu_ms": found["home_later"]["cpu_ms"]["p50"],
        "floor_cpu_ms": found["floor"]["cpu_ms"]["p50"],
        "to_lateral": _whole(found["home_first"]) / _whole(lateral),
        "to_redis": first / bare["cpu_ms"]["p50"] if bare else None,
        "ways": found,
        "others_cpu_ms": {
            viewer.handle: _spreads(_take_turns(viewer, {"home": ways["home_first"]})["home"])
            for viewer in viewers[:-1]
        },
        "http_cpu_ms": (http := feed_http.measure(viewers[-1]))["cpu_ms"],
        "http": http,
        **feed_growth.measure(),
        "bytes_a_post": store["bytes_a_post"],
        "store": store,
        "crowd": crowd.figures(),
        "load": os.getloadavg(),
    }


def _whole(way: dict[str, Any]) -> float:
    """CPU of both sides."""
    return way["cpu_ms"]["p50"] + (way["server_ms"] or 0.0)


def _take_turns(viewer: Any, ways: Ways) -> dict[str, list[tuple[float, float, float]]]:
    """(cpu, wall, server) of each round of each way, in milliseconds."""
    from bench.feed_ways import server_cpu  # noqa: PLC0415

    took: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    for turn in range(0, WARM + ROUNDS, BLOCK):
        for name, show in ways.items():
            for _ in range(BLOCK):
                served, began, cpu = server_cpu(), time.perf_counter(), time.process_time()
                show(viewer)
                spent = time.process_time() - cpu, time.perf_counter() - began
                if turn >= WARM:
                    spent_there = server_cpu() - served
                    took[name].append((spent[0] * 1000, spent[1] * 1000, spent_there * 1000))
    return took


def _spreads(times: list[tuple[float, float, float]]) -> dict[str, Any]:
    cpu, wall, server = (sorted(column) for column in zip(*times, strict=True))
    return {
        "cpu_ms": _spread(cpu), "wall_ms": _spread(wall), "server_ms": sum(server) / len(server),
    }  # fmt: skip


def _spread(ordered: list[float]) -> dict[str, float]:
    return {
        "least": ordered[0],
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[int(len(ordered) * 0.99)],
    }


if __name__ == "__main__":
    main()

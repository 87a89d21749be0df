"""Home from 100,000 posts on PostgreSQL, beside the plain chronological query of the same viewer.

`DATABASE_URL` names a server; a database of its own is made there and dropped in the end.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

from bench.database import own_database

PEOPLE, POSTS = 2_000, 100_000
VIEWERS = {"light": 20, "usual": 200, "heavy": 865}
WARM, ROUNDS = 30, 150


def main() -> None:
    with own_database("feed"):
        measure()


def measure() -> None:
    """Every call is a whole page to JSON bytes; viewers and lists take turns."""
    from bench import crowd, output  # noqa: PLC0415 -- models load after setup
    from feed.catalog import STORE  # noqa: PLC0415

    began = time.perf_counter()
    viewers = crowd.fill(PEOPLE, POSTS, VIEWERS)
    filled = time.perf_counter() - began
    began = time.perf_counter()
    STORE.segments()
    built = time.perf_counter() - began
    took = _take_turns(viewers, _lists())
    spreads = {f"{name}_ms": output.spread(times) for name, times in took.items()}
    found = {
        "home_ratio": spreads["home_ms"]["p50"] / spreads["following_ms"]["p50"],
        "home_ratio_latest": spreads["home_ms"]["p50"] / spreads["latest_ms"]["p50"],
        **spreads,
        "by_viewer": _by_viewer(viewers, took),
        "store_build_s": built,
        "fill_s": filled,
        "crowd": crowd.figures(),
    }
    output.write(found)


def _lists() -> dict[str, Callable[[Any], bytes]]:
    from rest_framework.renderers import JSONRenderer  # noqa: PLC0415

    from feed.cards import before, cards  # noqa: PLC0415
    from feed.page import home  # noqa: PLC0415
    from feed.timeline import followed, public  # noqa: PLC0415

    def json(answer: Any) -> bytes:
        return JSONRenderer().render(answer)

    def second(viewer: Any) -> bytes:
        return json(home(viewer, positions[viewer.pk])[0])

    def first(viewer: Any) -> bytes:
        page, positions[viewer.pk] = home(viewer)
        return json(page)

    positions: dict[int, Any] = {}
    return {
        "home": first,
        "home_second_page": second,
        "following": lambda viewer: json(cards(viewer, before(followed(viewer), None)[:20])),
        "latest": lambda viewer: json(cards(viewer, before(public(viewer), None)[:20])),
    }


def _take_turns(
    viewers: list[Any], lists: dict[str, Callable[[Any], bytes]]
) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in lists}
    gc.collect()
    for turn in range(WARM + ROUNDS):
        for name, show in lists.items():
            began = time.perf_counter()
            show(viewers[turn % len(viewers)])
            if turn >= WARM:
                took[name].append((time.perf_counter() - began) * 1000)
    return took


def _by_viewer(viewers: list[Any], took: dict[str, list[float]]) -> dict[str, Any]:
    """The median of each list for each viewer, milliseconds."""
    turns = range(WARM, WARM + ROUNDS)
    return {
        viewer.handle: {
            name: sorted(t for n, t in zip(turns, times, strict=True) if n % len(viewers) == place)[
                ROUNDS // len(viewers) // 2
            ]
            for name, times in took.items()
        }
        for place, viewer in enumerate(viewers)
    }


if __name__ == "__main__":
    main()

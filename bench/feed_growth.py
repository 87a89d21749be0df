"""What ranking costs at other sizes of the store, filled with made-up columns: no database."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ranking import services
from ranking.embedding import embed
from ranking.store import Segment
from ranking.store.columns import arranged
from ranking.types import DAY, Viewer
from sora_social.ids import RANDOM_BITS

SIZES = (100_000, 1_000_000, 5_000_000)
AUTHORS, FOLLOWED, FRIENDS, ROUNDS = 10, 865, 86, 200  # posts of an author; of the viewer


def measure() -> dict[str, Any]:
    found = {str(size): _at(size) for size in SIZES}
    least = [found[str(size)]["cpu_ms"]["least"] for size in SIZES]
    return {"sizes": found, "growth": least[-1] / least[0] - 1}


def _at(size: int) -> dict[str, Any]:
    segment, viewer, moment = _made(size)
    times = []
    for seed in range(ROUNDS):
        began = time.process_time()
        found = services.gather(viewer, [segment], moment)
        services.slate(services.rank(viewer, found, moment, seed), 20)
        times.append((time.process_time() - began) * 1000)
    times.sort()
    return {
        "cpu_ms": {"least": times[0], "p50": times[ROUNDS // 2]},
        "bytes_a_post": segment.nbytes / size,
        "candidates": len(found),
    }


def _made(size: int) -> tuple[Segment, Viewer, float]:
    """As many authors for each post at any size, over fourteen days."""
    chance, moment = np.random.default_rng(size), time.time()
    people = size // AUTHORS
    at = np.sort(chance.uniform(moment - 14 * DAY, moment, size))
    ids = ((at * 1000).astype(np.int64) << RANDOM_BITS) + np.arange(size) % 4096
    remix = chance.random(size) < 0.2
    words = embed([f"{a} {b}" for a in ("fox", "moon", "boat", "dog") for b in range(64)])
    said = chance.integers(len(words), size=size)
    none = np.zeros(size, np.uint32)
    raw = {
        "id": ids, "author": chance.integers(1, people, size),
        "root": np.where(remix, ids[chance.integers(size, size=size)], ids),
        "depth": remix.astype(np.uint16), "likes": none, "comments": none,
        "remixes": chance.poisson(0.1, size).astype(np.uint32),
        "impressions": (300 * chance.random(size) ** 3).astype(np.uint32),
        "public": np.ones(size, np.bool_), "template": said + 1, "topics": none,
        "vector": words[said].astype(np.float16),
        "cameo_item": ids[:0], "cameo_owner": ids[:0],
    }  # fmt: skip
    followed = np.unique(chance.choice(np.arange(1, people), FOLLOWED, replace=False))
    viewer = Viewer(0, followed[:FRIENDS], followed, create_profile=words[0])
    return Segment.of(arranged(raw, moment), moment), viewer, moment

"""Rankings for tests: pools of scored items, without a database."""

from __future__ import annotations

import numpy as np

from ranking.features import FEATURES
from ranking.pool import Ranking
from ranking.types import SOURCES, Source

NOW = 1_790_000_000.0


def ranking(
    authors: list[int],
    *,
    due: set[int] = frozenset(),
    friendly: set[int] = frozenset(),
    explorable: set[int] = frozenset(),
    seen: set[int] = frozenset(),
    roots: list[int] | None = None,
    values: list[float] | None = None,
    seed: int = 1,
    authors_shown: dict[int, float] | None = None,
    steered: set[int] = frozenset(),
    floor: dict[int, int] | None = None,
    worn: dict[int, float] | None = None,
    templates: list[int] | None = None,
    vectors: np.ndarray | None = None,
) -> Ranking:
    """Item i (from 1) is by authors[i-1]; sets name items; earlier items are worth more."""
    item = np.arange(1, len(authors) + 1, dtype=np.int64)

    def flags(which: set[int]) -> np.ndarray:
        return np.isin(item, np.array(sorted(which), np.int64))

    value = np.array(values, np.float64) if values else 1 / item
    nothing = np.zeros(len(item))
    columns = {
        "item": item,
        "author": np.array(authors, np.int64),
        "root": np.array(roots, np.int64) if roots else item,
        "template": np.array(templates or [0] * len(item), np.int64),
        "source": np.full(len(item), SOURCES.index(Source.LATEST), np.uint8),
        "touched": flags(steered).astype(np.int64),
        "floor": np.array([(floor or {}).get(n, 0) for n in item.tolist()], np.int8),
        "value": value,
        "unwished": value,
        "left": nothing + 1,
        "raised": nothing,
        "need": nothing,
        "worn": np.array([(worn or {}).get(n, 0.0) for n in item.tolist()], np.float64),
        "author_shown": np.array([(authors_shown or {}).get(who, 0.0) for who in authors]),
        "due": flags(due),
        "friendly": flags(due | friendly),
        "explorable": flags(explorable),
        "seen": flags(seen),
        "steered": flags(steered),
        "contends": flags(set()),
    }
    found = np.zeros((len(item), len(FEATURES)), np.float32)
    vectors = np.zeros((len(item), 32), np.float16) if vectors is None else vectors
    return Ranking.of(seed, 1, found, vectors, columns)

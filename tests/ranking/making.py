"""Rankings for tests: pools of scored items, without a database."""

from __future__ import annotations

import numpy as np

from ranking.features import FEATURES
from ranking.types import SOURCES, Ranking, Source

NOW = 1_790_000_000.0


def ranking(
    authors: list[int],
    *,
    due: set[int] = frozenset(),
    friendly: set[int] = frozenset(),
    explorable: set[int] = frozenset(),
    seen: set[int] = frozenset(),
    steered: set[int] = frozenset(),
    roots: list[int] | None = None,
    values: list[float] | None = None,
    seed: int = 1,
    authors_shown: dict[int, float] | None = None,
) -> Ranking:
    """Item i (from 1) is by authors[i-1]; sets name items; earlier items are worth more."""
    item = np.arange(1, len(authors) + 1, dtype=np.int64)

    def flags(which: set[int]) -> np.ndarray:
        return np.isin(item, np.array(sorted(which), np.int64))

    return Ranking(
        seed=seed,
        viewer=1,
        item=item,
        author=np.array(authors, np.int64),
        root=np.array(roots, np.int64) if roots else item,
        source=np.full(len(item), SOURCES.index(Source.LATEST), np.uint8),
        value=np.array(values, np.float64) if values else 1 / item,
        due=flags(due),
        friendly=flags(due | friendly),
        explorable=flags(explorable),
        seen=flags(seen),
        found=np.zeros((len(item), len(FEATURES)), np.float32),
        authors_shown=authors_shown or {},
        steered=flags(steered),
        touched=flags(steered).astype(np.int64),
        reason=np.zeros(len(item), np.uint8),
        apart=np.full(len(item), np.nan),
    )

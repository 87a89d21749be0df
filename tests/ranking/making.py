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
        steered=flags(steered),
        floor=np.array([(floor or {}).get(n, 0) for n in item.tolist()], np.int8),
        worn=np.array([(worn or {}).get(n, 0.0) for n in item.tolist()], np.float64),
        author_shown=np.array([(authors_shown or {}).get(who, 0.0) for who in authors], np.float64),
        template=np.array(templates or [0] * len(item), np.int64),
        vector=np.zeros((len(item), 32), np.float16) if vectors is None else vectors,
        touched=flags(steered).astype(np.int64),
        reason=np.zeros(len(item), np.uint8),
        apart=np.full(len(item), np.nan),
    )

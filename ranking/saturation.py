"""How alike what people were shown of late is: when a feed turns into one video made many times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ranking.store import Segment, seconds
from ranking.types import DAY, Ids, Numbers

LARGEST = 10  # clusters, templates


class Saturation(NamedTuple):
    """Of the impressions of the posts of a day."""

    impressions: int
    clusters: float  # effective number: as varied as so many equally shown ones
    top_clusters: float  # share of the ten most shown
    top_templates: float  # of the same words with other people in them
    likeness: float  # mean cosine of two impressions


def saturation(segments: Sequence[Segment], moment: float) -> Saturation:
    """Measured on the vectors and templates of the store."""
    young = [s.take(np.flatnonzero(moment - seconds(s.id) < DAY)) for s in segments]
    if not sum(map(len, young)):
        return Saturation(0, 0.0, 0.0, 0.0, 0.0)
    cluster, template, shown = (
        np.concatenate([getattr(items, name) for items in young])
        for name in ("cluster", "template", "impressions")
    )
    vectors = np.concatenate([items.vector for items in young]).astype(np.float32)
    total = max(int(shown.sum()), 1)
    mean = (shown / total) @ vectors
    by_cluster, by_template = _shares(cluster, shown / total), _shares(template, shown / total)
    told = by_template[1:] if not template.min() else by_template  # 0: no words
    return Saturation(
        int(shown.sum()), float(1 / max((by_cluster**2).sum(), 1e-12)),
        _top(by_cluster), _top(told), float(mean @ mean),
    )  # fmt: skip


def _shares(keys: Ids, weights: Numbers) -> Numbers:
    """Of each key, in the order of the keys."""
    return np.asarray(np.bincount(np.unique(keys, return_inverse=True)[1], weights), np.float64)


def _top(shares: Numbers) -> float:
    return float(np.sort(shares)[-LARGEST:].sum())

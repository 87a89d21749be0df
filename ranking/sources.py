"""Where candidates come from: slices of the store, so that a page costs the same at any size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ranking.store import Segment, newest_of, with_cameo_of
from ranking.types import DAY, SOURCES, Candidates, Items, Source, Viewer
from sora_social.ids import snowflake_at

PER_FOLLOWED, FOLLOWED = 3, 600
PER_FRIEND = 30  # of a friend's last day: the guarantee knows no quota
CAMEOS = 50
Found = Iterator[tuple[Source, Items]]


def gather(viewer: Viewer, segments: Sequence[Segment], moment: float) -> Candidates:
    """Everything that may come into question, each item once, named after its first source."""
    parts = list(_sources(viewer, segments, moment))
    items = Items.join([found for _, found in parts])
    source = np.concatenate([np.full(len(f), SOURCES.index(s), np.uint8) for s, f in parts])
    _, first = np.unique(items.id, return_index=True)
    return Candidates(items.take(first), source[first])


def _sources(viewer: Viewer, segments: Sequence[Segment], moment: float) -> Found:
    yesterday = snowflake_at(moment - DAY)
    others = np.setdiff1d(viewer.followed, viewer.friends)
    yield Source.FRIEND, newest_of(segments, viewer.friends, PER_FRIEND, yesterday)
    yield Source.FRIEND, newest_of(segments, viewer.friends, PER_FOLLOWED).take(slice(FOLLOWED))
    yield Source.FOLLOWED, newest_of(segments, others, PER_FOLLOWED).take(slice(FOLLOWED))
    yield Source.MY_CAMEO, with_cameo_of(segments, np.array([viewer.id], np.int64), CAMEOS)
    with_friends = with_cameo_of(segments, viewer.friends, CAMEOS)
    yield Source.FRIEND_CAMEO, with_friends.take(slice(-CAMEOS, None))
    for segment in segments:
        yield Source.HOT, segment.items.take(segment.hot)
        yield Source.EXPLORE, segment.items.take(segment.fresh)
        yield Source.LATEST, segment.items.take(segment.latest)

"""Where candidates come from: slices of the store, so that a page costs the same at any size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ranking.embedding import unit
from ranking.steering import asked_for
from ranking.store import Segment, first_of
from ranking.types import DAY, SOURCES, Candidates, Ids, Items, Source, Viewer
from sora_social.ids import snowflake_at

PER_FOLLOWED, FOLLOWED = 3, 350
PER_FRIEND = 30  # of a friend's last day: the guarantee knows no quota
CAMEOS = 50
PER_TEMPLATE, PER_CLUSTER, ALIKE = 20, 40, 120
NEAR = 100
FRESH = 220
MANY = 5_000  # of whom one follows; beyond, only those who posted lately
NEWEST = 20_000  # posts that say who did
RECENT, WANTED = 10_000, 150  # the newest that are looked through for a wish; that are taken
_CODE = 4  # bits that a source's number takes
Found = Iterator[tuple[Source, NDArray[np.integer]]]


def gather(viewer: Viewer, segments: Sequence[Segment], moment: float) -> Candidates:
    """Everything that may come into question, each item once, named after its first source."""
    parts = [_of(viewer, segment, moment) for segment in segments]
    return Candidates(
        Items.join([items for items, _ in parts]), np.concatenate([source for _, source in parts])
    )


def _of(viewer: Viewer, segment: Segment, moment: float) -> tuple[Items, NDArray[np.uint8]]:
    found = list(_sources(viewer, segment, moment))
    codes = np.array([SOURCES.index(source) for source, _ in found], np.int64)
    source = np.repeat(codes, [len(at) for _, at in found])
    at = np.sort(np.concatenate([at for _, at in found]) << _CODE | source)
    first = np.ones(len(at), np.bool_)  # of what stands at one place in the segment
    np.not_equal(at[1:] >> _CODE, at[:-1] >> _CODE, out=first[1:])
    at = at[first]
    return segment.take(at >> _CODE), (at & ((1 << _CODE) - 1)).astype(np.uint8)


def _sources(viewer: Viewer, segment: Segment, moment: float) -> Found:
    of_friends = segment.by_author.newest(viewer.friends, PER_FRIEND)
    yield Source.FRIEND, of_friends[segment.id[of_friends] > snowflake_at(moment - DAY)]
    yield Source.FRIEND, segment.by_author.newest(viewer.friends, PER_FOLLOWED)
    followed = segment.by_author.newest(_lately(viewer.followed, segment), PER_FOLLOWED)
    yield Source.FOLLOWED, _newest(followed, FOLLOWED)
    yield Source.MY_CAMEO, segment.by_cameo.newest(np.array([viewer.id]), CAMEOS)
    yield Source.FRIEND_CAMEO, _newest(segment.by_cameo.newest(viewer.friends, CAMEOS), CAMEOS)
    yield Source.ALIKE, _alike(viewer, segment)
    if viewer.chips:
        yield Source.STEERED, _asked_for(viewer, segment)
    yield Source.HOT, segment.hot
    yield Source.NEAR, _near(viewer, segment)
    yield Source.EXPLORE, _fresh(viewer, segment, moment)
    yield Source.LATEST, segment.latest


def _asked_for(viewer: Viewer, segment: Segment) -> Ids:
    """The newest of what more, or only such, was asked for."""
    recent = np.arange(max(len(segment) - RECENT, 0), len(segment))
    return recent[asked_for(viewer.chips, segment.take(recent))][-WANTED:]


def _lately(followed: Ids, segment: Segment) -> Ids:
    """Whoever follows a hundred thousand waits no longer than others do."""
    if len(followed) <= MANY:
        return followed
    return np.intersect1d(followed, segment.people[segment.columns["who"][-NEWEST:]])


def _newest(at: Ids, most: int) -> Ids:
    """Positions are in the order of time."""
    return np.partition(at, len(at) - most)[-most:] if len(at) > most else at


def _alike(viewer: Viewer, segment: Segment) -> Ids:
    """Variations of what the viewer made of late, and what lies near; two of an author."""
    same = segment.by_template.newest(viewer.templates, PER_TEMPLATE)
    like = segment.by_cluster.newest(viewer.clusters, PER_CLUSTER)
    at = np.concatenate([same, like])
    return at[first_of(segment.columns["who"][at], 2)][:ALIKE]


def _near(viewer: Viewer, segment: Segment) -> NDArray[np.int32]:
    """The nearest of the newest items to what the viewer makes and asks for."""
    wanted = unit(viewer.create_profile) + viewer.steer  # what is asked for weighs as much
    if not wanted.any():
        return segment.near[:0]
    likeness = segment.near_vectors @ wanted
    count = min(NEAR, len(likeness))
    best = np.argpartition(likeness, len(likeness) - count)[len(likeness) - count :]
    at = segment.near[best[likeness[best] > 0]]
    return at[first_of(segment.columns["who"][at], 2)]


def _fresh(viewer: Viewer, segment: Segment, moment: float) -> NDArray[np.int32]:
    """A stretch of those that hardly anybody saw; another one for each viewer and each second."""
    if len(segment.fresh) <= FRESH:
        return segment.fresh
    start = (viewer.id * 2_654_435_761 + int(moment) * FRESH) % len(segment.fresh)
    return segment.fresh.take(np.arange(start, start + FRESH), mode="wrap")

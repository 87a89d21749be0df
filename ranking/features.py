"""What is known of an item before it is shown, in columns near 0 when nothing is known.

The prior, the learned model and the explanations all read these columns by name. They are logged
with the page as they were, so that training never sees what came after.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ranking.embedding import unit
from ranking.store import BASE_RATE, among, over_usual, seconds
from ranking.types import (
    DAY,
    SOURCES,
    Candidates,
    Items,
    Numbers,
    Vector,
    Vectors,
    Viewer,
)

FEATURES = (
    "friend",  # each follows the other
    "follow",  # the viewer follows the author
    "cameo_me",  # the viewer's own likeness is in it
    "cameo_friend",  # a friend's likeness is in it
    "is_remix",
    "depth",  # logarithm of the steps from the root of its tree
    "prolific",  # 0 at up to two posts of its author a day, 1 at ten and more
    "age",  # days, at most 7
    "remix_rate",  # logarithm of its smoothed rate over the usual one
    "like_rate",
    "author_rate",  # the same of everything by its author,
    "tree_rate",  # of its tree,
    "template_rate",  # and of all that was made of the same words
    "tried",  # logarithm of its impressions
    "heard",  # 1 when its author has received plenty, 0 when nothing
    "affinity",  # logarithm of how much the viewer answered its author of late
    "like_mine",  # cosine to what the viewer makes
    "like_watched",  # cosine to what the viewer watches
    "asked_for",  # cosine to what the viewer asked for
    "templated",  # 1 when it was made of words
    "own_rate",  # of the viewer: logarithm of creations over the usual number
    "known",  # of the viewer: logarithm of how much they were served
    "sitting",  # logarithm of what this session has served before
    "made_now",  # 1 when the viewer has made something in this session
    *(f"from_{source}" for source in SOURCES),
    "place",  # logarithm of its place: known when it is learned from, 0 when it is served
)
PLACE = FEATURES.index("place")
USUAL_REMIX, USUAL_LIKE = BASE_RATE, 0.10
_SOURCES = np.arange(len(SOURCES), dtype=np.uint8)[:, None]
_LAYOUT = crc32(",".join(FEATURES).encode()).to_bytes(4, "little")


def features(viewer: Viewer, candidates: Candidates, moment: float) -> NDArray[np.float32]:
    """(n, len(FEATURES)), in the order of FEATURES."""
    items, habits = candidates.items, viewer.habits
    vector = items.vector.astype(np.float32)
    found = {
        "friend": among(items.author, viewer.friends),
        "follow": among(items.author, viewer.followed),
        "cameo_me": among(items.id, viewer.cameo_items),
        "cameo_friend": among(items.id, viewer.friend_cameo_items),
        "is_remix": items.depth > 0,
        "depth": np.log1p(items.depth),
        "prolific": _within(0, (items.author_posts - 2) / 8, 1),
        "age": _within(0, (moment - seconds(items.id)) / DAY, 7),
        "remix_rate": over_usual(items.remixes, items.impressions, USUAL_REMIX),
        "like_rate": over_usual(items.likes, items.impressions, USUAL_LIKE),
        "author_rate": items.author_rate,
        "tree_rate": items.tree_rate,
        "template_rate": items.template_rate,
        "tried": np.log1p(items.impressions),
        "heard": 1 - need(items),
        "affinity": _affinity(viewer, items),
        "like_mine": _cosine(vector, viewer.create_profile),
        "like_watched": _cosine(vector, viewer.watch_profile),
        "asked_for": _cosine(vector, viewer.steer),
        "templated": items.template != 0,
        "own_rate": np.log((habits.created + 1) / (habits.served * USUAL_REMIX + 1)),
        "known": np.log1p(habits.served),
        "sitting": np.log1p(habits.sitting),
        "made_now": float(habits.made_now),
    }
    columns = np.zeros((len(FEATURES), len(items)), np.float32)
    for at, column in enumerate(found.values()):  # in the order of FEATURES; a test says so
        columns[at] = column
    columns[len(found) : PLACE] = candidates.source == _SOURCES
    return columns.T


def _within(least: float, column: Numbers, most: float) -> Numbers:
    """`clip` by its two steps, which take a third of the time."""
    return np.minimum(np.maximum(column, least), most)


def _cosine(vectors: Vectors, towards: Vector) -> NDArray[np.float32] | float:
    """(n,), or 0 where nothing is known."""
    return vectors @ unit(towards) if towards.any() else 0.0


def need(items: Items) -> Numbers:
    """How much its author needs to be heard: 1 when nobody has answered yet."""
    return 1 / (1 + items.author_feedback)


def _affinity(viewer: Viewer, items: Items) -> Numbers:
    """Zero but for the few whom the viewer answers."""
    felt = np.zeros(len(items))
    known = viewer.habits.authors
    for at in np.flatnonzero(np.isin(items.author, list(known))) if known else ():
        felt[at] = np.log1p(known[int(items.author[at])])
    return felt


def packed(found: NDArray[np.floating[Any]]) -> bytes:
    """(n, features) as they are logged: which columns, then little-endian float16."""
    return _LAYOUT + found.astype("<f2").tobytes()


def unpacked(kept: bytes, count: int) -> NDArray[np.float32] | None:
    """What was known of so many items; None when it was logged in other columns."""
    wide = len(FEATURES)
    if kept[:4] != _LAYOUT or len(kept) != 4 + 2 * wide * count:
        return None
    return np.frombuffer(kept, "<f2", offset=4).reshape(count, wide).astype(np.float32)

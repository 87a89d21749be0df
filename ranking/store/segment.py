"""Items of a stretch of time with the pointers into them; never changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.store.columns import POINTERS, Columns, arranged, joined, read
from ranking.store.pointers import Places, Pointers, among, first_of
from ranking.types import Ids, Items, Rows, Vectors

Index = NDArray[Any] | slice
WIDENED = ("depth", "likes", "comments", "remixes", "impressions", "cluster", "topics")


class Segment:
    """Compact columns in, wide ones out: `take` gives the items at some positions."""

    def __init__(self, rows: Rows | Iterable[Rows], moment: float) -> None:
        parts = [rows] if isinstance(rows, Rows) else [*rows] or [Rows([], [])]
        self._lay(arranged(joined(map(read, parts)), moment), moment)

    @classmethod
    def of(cls, columns: Columns, moment: float) -> Segment:
        """Of columns that were arranged before, perhaps in a file."""
        made = cls.__new__(cls)
        made._lay(columns, moment)
        return made

    def _lay(self, columns: Columns, moment: float) -> None:
        self.columns, self.moment = columns, moment
        self.id: Ids = columns["id"]
        self.people: Ids = columns["people"]
        self.by_author, self.by_tree, self.by_template, self.by_cluster, self.by_cameo = (
            _pointers(columns, name) for name in POINTERS
        )
        self.hot, self.fresh, self.latest, self.near = (
            columns[name] for name in ("hot", "fresh", "latest", "near")
        )

    def __len__(self) -> int:
        return len(self.id)

    @property
    def nbytes(self) -> int:
        """Of all columns, pointers and pools."""
        return sum(c.nbytes for c in self.columns.values()) + self.near_vectors.nbytes

    @cached_property
    def near_vectors(self) -> NDArray[np.float32]:
        """(near, 32): ready to be multiplied."""
        return np.asarray(self.columns["vector"][self.near], np.float32)

    @property
    def items(self) -> Items:
        return self.take(slice(None))

    def take(self, at: Index) -> Items:
        """The items at these positions."""
        c = self.columns
        who, ids = c["who"][at], self.id[at]
        depth, likes, comments, remixes, impressions, cluster, topics = (
            c[name][at].astype(np.int64) for name in WIDENED
        )
        return Items(
            ids, self.people[who], self._roots(ids, c["tree"][at]), depth, likes, comments,
            remixes, impressions, c["public"][at], c["template"][at], topics, c["vector"][at],
            cluster,
            author_posts=c["posts"][who].astype(np.float64),
            author_feedback=c["feedback"][who].astype(np.float64),
        )  # fmt: skip

    def _roots(self, ids: Ids, tree: Places) -> Ids:
        trees: Ids = self.columns["trees"]
        return np.where(tree < 0, ids, trees[tree]) if len(trees) else ids.copy()


def newest_of(segments: Sequence[Segment], authors: Ids, each: int, after: int = 0) -> Items:
    """The newest `each` items of every author, with ids above `after`, the newest first."""
    parts = [(s, s.by_author.newest(authors, each)) for s in segments]
    found = Items.join([s.take(at[s.id[at] > after]) for s, at in parts])
    found = found.take(np.argsort(found.id)[::-1])
    return found.take(first_of(found.author, each))


def with_cameo_of(segments: Sequence[Segment], owners: Ids, each: int) -> Ids:
    """The ids of the newest `each` items with a cameo of every owner in them."""
    found = [s.id[s.by_cameo.newest(owners, each)] for s in segments]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


class Made(NamedTuple):
    """What somebody made of late: its vectors, and templates and clusters once each, sorted."""

    vector: Vectors
    templates: Ids
    clusters: Ids


def made_by(segments: Sequence[Segment], author: int, most: int) -> Made:
    """The newest creations of an author, most in each segment."""
    me = np.array([author], np.int64)
    found = [(s.columns, s.by_author.newest(me, most)) for s in segments]
    vector, template, cluster = (
        np.concatenate([columns[name][at] for columns, at in found])
        for name in ("vector", "template", "cluster")
    )
    said = template[template != 0]
    return Made(vector.astype(np.float32), np.unique(said), np.unique(cluster).astype(np.int64))


class Sighted(NamedTuple):
    """What is known here of items that were shown: their places among them, authors, clusters."""

    at: Ids
    author: Ids
    cluster: Ids


def sighted(segments: Sequence[Segment], ids: Ids) -> Sighted:
    """Of the items that are known here."""
    parts = [_sighted(segment, ids) for segment in segments]
    return Sighted(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _sighted(segment: Segment, ids: Ids) -> Sighted:
    c, here = segment.columns, segment.id.searchsorted(ids)
    at = np.flatnonzero(among(ids, segment.id, here))
    places = here[at]
    return Sighted(at, segment.people[c["who"][places]], c["cluster"][places].astype(np.int64))


def _pointers(columns: Columns, name: str) -> Pointers:
    keys = columns["people" if name == "author" else f"{name}_keys"]
    return Pointers.of(keys, columns[f"{name}_starts"], columns[f"{name}_positions"])

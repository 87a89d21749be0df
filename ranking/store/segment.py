"""Items of a stretch of time with the pointers into them; never changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.store.columns import KEPT_ELSEWHERE, POINTERS, Columns, arranged, joined, read
from ranking.store.groups import Rates
from ranking.store.pointers import Pointers, among, first_of
from ranking.types import Ids, Items, Numbers, Rows

Index = NDArray[Any] | slice
WIDENED = (
    "who", "tree", "template", "depth", "likes", "comments", "remixes", "impressions", "cluster",
    "topics",
)  # fmt: skip


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
        at = np.arange(len(self))[at] if isinstance(at, slice) else at
        c = self.columns
        ids, widened = self.id.take(at), (c[name].take(at).astype(np.int64) for name in WIDENED)
        who, tree, template, depth, likes, comments, remixes, impressions, cluster, topics = widened
        return Items(
            ids, self.people.take(who), np.where(tree < 0, ids, c["trees"].take(tree)), depth,
            likes, comments, remixes, impressions, c["public"].take(at),
            c["templates"].take(template), topics, c["vector"].take(at, axis=0), cluster,
            author_posts=c["posts"].take(who).astype(np.float64),
            author_feedback=c["feedback"].take(who).astype(np.float64),
            author_rate=c["author_rates"].take(who).astype(np.float64),
            tree_rate=_of_shared(c["tree_rates"], tree),
            template_rate=_of_shared(c["template_rates"], template),
        )  # fmt: skip


def _of_shared(rates: Rates, place: Ids) -> Numbers:
    """What is known of the groups at these places: 0 for those of one, and for none."""
    return rates.take(np.minimum(place, len(rates) - 1)).astype(np.float64)


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
    """What somebody made of late: templates and clusters, once each, sorted."""

    templates: Ids
    clusters: Ids


def made_by(segments: Sequence[Segment], author: int, most: int) -> Made:
    """The newest creations of an author, most in each segment."""
    me = np.array([author], np.int64)
    found = [(s.columns, s.by_author.newest(me, most)) for s in segments]
    template = np.concatenate([c["templates"][c["template"][at]] for c, at in found])
    cluster = np.concatenate([c["cluster"][at] for c, at in found])
    said = template[template != 0]
    return Made(np.unique(said), np.unique(cluster).astype(np.int64))


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
    who, cluster = c["who"].take(places), c["cluster"].take(places)
    return Sighted(at, segment.people.take(who), cluster.astype(np.int64))


def _pointers(columns: Columns, name: str) -> Pointers:
    starts = columns[f"{name}_starts"]
    keys = columns[KEPT_ELSEWHERE.get(f"{name}_keys", f"{name}_keys")][: len(starts) - 1]
    return Pointers.of(keys, starts, columns[f"{name}_positions"])

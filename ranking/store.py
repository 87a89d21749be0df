"""The item store: columns in memory, so that a page costs the same at any number of items.

A process holds a segment of everything young enough, built once a minute, and a small one of what
came since, read at most once a second. Pointers by author and by cameo make a source a slice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from django.db import connections
from numpy.typing import NDArray

from ranking.embedding import cluster_of, unpacked
from ranking.types import DAY, Ids, Items, Numbers, Row, Rows
from sora_social.ids import seconds_of, snowflake_at

log = logging.getLogger(__name__)
WINDOW = 30 * DAY
LATE = 30.0  # a transaction may commit this long after it took its id
REBUILD_S, TAIL_S = 60.0, 1.0
SMALL = 5_000  # items that are read again in passing; more are read by a thread of their own
BASE_RATE = 0.02  # creations expected of an impression before anything is known
HOT, FRESH, LATEST = 150, 60, 200
UNTRIED = 10  # impressions


class Load(Protocol):
    def __call__(self, after: int) -> Rows:
        """Listed items with ids above `after`, oldest first."""


class Pointers:
    """Positions grouped by key, oldest first within a key: a compressed sparse row matrix."""

    def __init__(self, keys: Ids, positions: Ids) -> None:
        order = np.lexsort((positions, keys))
        self.positions = positions[order]
        self.keys, self.starts = np.unique(keys[order], return_index=True)
        self.ends = np.append(self.starts[1:], len(keys))

    def newest(self, keys: Ids, each: int) -> Ids:
        """The newest `each` positions of every key."""
        if not len(self.keys):
            return np.empty(0, np.int64)
        at = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        at = np.unique(at[self.keys[at] == keys])
        found = self.ends[at][:, None] - np.arange(1, each + 1)  # (keys, each)
        chosen: Ids = self.positions[found[found >= self.starts[at][:, None]]]
        return chosen


class Segment:
    """Items of a stretch of time with the pointers into them; never changes."""

    def __init__(self, rows: Rows, moment: float) -> None:
        self.moment = moment
        self.items = _items(rows, moment)
        self.by_author = Pointers(self.items.author, np.arange(len(self)))
        owners = np.array([owner for _, owner in rows.cameos], np.int64)
        used = np.searchsorted(self.items.id, np.array([i for i, _ in rows.cameos], np.int64))
        self.by_cameo = Pointers(owners, used)

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def hot(self) -> Ids:
        """Public items by creations over expected creations, fading over two days."""
        items = self.items
        ratio = (items.remixes + 1) / (items.impressions * BASE_RATE + 1)
        remixed = items.public & (items.remixes > 0)
        score = np.where(remixed, ratio * 0.5 ** (self._ages() / (2 * DAY)), 0.0)
        return _top(score, HOT)

    @cached_property
    def fresh(self) -> Ids:
        """Public items of the last day that hardly anybody has seen, the newest of them."""
        young = (self._ages() < DAY) & (self.items.impressions < UNTRIED) & self.items.public
        return np.flatnonzero(young)[-FRESH:]

    @cached_property
    def latest(self) -> Ids:
        """The newest public items, at most two of an author: never anybody in bulk."""
        public = np.flatnonzero(self.items.public)[-10 * LATEST :][::-1]
        return public[first_of(self.items.author[public], 2)][:LATEST]

    def _ages(self) -> Numbers:
        return self.moment - seconds(self.items.id)


class ItemStore:
    """What one process holds. `segments()` is cheap, and never older than a second."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._lock = threading.Lock()
        self.drop()

    def drop(self) -> None:
        """Begin anew at the next question."""
        self._base: Segment | None = None
        self._tail: Segment | None = None
        self._built = self._read = 0.0
        self._building = False

    def segments(self) -> tuple[Segment, ...]:
        """The segments that hold something, the old one first. Raises what the loader raises."""
        if time.monotonic() - self._read > TAIL_S or self._base is None:
            with self._lock:
                self._freshen()
        return tuple(segment for segment in (self._base, self._tail) if segment)

    def _freshen(self) -> None:
        moment = time.monotonic()
        if self._base is None or (self._old(moment) and len(self._base) < SMALL):
            self._rebuild()
        elif moment - self._read > TAIL_S:
            self._read_tail()
            if self._old(moment) and not self._building:
                self._building = True
                threading.Thread(target=self._rebuild_apart, daemon=True).start()

    def _old(self, moment: float) -> bool:
        return moment - self._built > REBUILD_S

    def _rebuild(self) -> None:
        began, now = time.monotonic(), time.time()
        base = Segment(self._load(snowflake_at(now - WINDOW)), now)
        self._base, self._tail = base, None
        self._built, self._read = began, began

    def _rebuild_apart(self) -> None:
        try:
            self._rebuild()
        except Exception:
            log.warning("the item store could not be rebuilt", exc_info=True)
        finally:
            self._building = False
            connections.close_all()

    def _read_tail(self) -> None:
        assert self._base is not None
        known, now = self._base.items.id, time.time()
        late = snowflake_at(min(self._base.moment, now) - LATE)
        rows = self._load(late)
        fresh = [row for row in rows.items if not _holds(known, row.id)]
        ids = {row.id for row in fresh}
        cameos = [pair for pair in rows.cameos if pair[0] in ids]
        self._tail = Segment(Rows(fresh, cameos), now) if fresh else None
        self._read = time.monotonic()


def newest_of(segments: Sequence[Segment], authors: Ids, each: int, after: int = 0) -> Items:
    """The newest `each` items of every author, with ids above `after`, the newest first."""
    parts = [(s.items, s.by_author.newest(authors, each)) for s in segments]
    found = Items.join([items.take(at[items.id[at] > after]) for items, at in parts])
    found = found.take(np.argsort(found.id)[::-1])
    return found.take(first_of(found.author, each))


def with_cameo_of(segments: Sequence[Segment], owners: Ids, each: int) -> Items:
    """The newest `each` items with a cameo of every owner in them."""
    found = Items.join([s.items.take(s.by_cameo.newest(owners, each)) for s in segments])
    _, index = np.unique(found.id, return_index=True)
    return found.take(index)


def authors_of(segments: Sequence[Segment], ids: Ids) -> Iterator[tuple[int, int]]:
    """(item, author) of the items that are known here."""
    for segment in segments:
        known = segment.items.id
        at = np.searchsorted(known, ids).clip(max=len(known) - 1)
        here = known[at] == ids
        yield from zip(ids[here].tolist(), segment.items.author[at[here]].tolist(), strict=True)


def seconds(ids: Ids) -> Numbers:
    """The Unix times at which ids were made."""
    return np.asarray(seconds_of(ids), np.float64)  # type: ignore[arg-type]  # shifts columns too


def first_of(keys: NDArray[Any], each: int) -> Ids:
    """Indexes, in order, of the first `each` occurrences of every key."""
    order = np.argsort(keys, kind="stable")
    _, starts = np.unique(keys[order], return_index=True)
    nth = np.arange(len(keys)) - np.repeat(starts, np.diff(np.append(starts, len(keys))))
    return np.sort(order[nth < each])


def _top(score: Numbers, count: int) -> Ids:
    """Positions of the largest scores above 0, the best first."""
    count = min(count, len(score))
    best = np.argpartition(score, -count)[-count:] if count else np.empty(0, np.int64)
    best = best[np.argsort(score[best])[::-1]]
    chosen: Ids = best[score[best] > 0]
    return chosen


def _holds(ids: Ids, one: int) -> bool:
    at = int(np.searchsorted(ids, one))
    return at < len(ids) and int(ids[at]) == one


def _items(rows: Rows, moment: float) -> Items:
    """Columns of the rows, with what their authors posted in a day and received."""
    *numbers, vectors = zip(*rows.items, strict=True) if rows.items else [()] * len(Row._fields)
    ids, author, root, depth, likes, comments, remixes, impressions, public, template, topics = (
        np.array(column, np.int64) for column in numbers
    )
    vector = unpacked(vectors)
    _, who = np.unique(author, return_inverse=True)
    young = (moment - seconds(ids) < DAY).astype(np.float64)
    received = (likes + comments + remixes).astype(np.float64)
    return Items(
        ids, author, root, depth, likes, comments, remixes, impressions, public.astype(np.bool_),
        template, topics, vector, cluster_of(vector),
        author_posts=_sum_by(who, young)[who], author_feedback=_sum_by(who, received)[who],
    )  # fmt: skip


def _sum_by(groups: Ids, amounts: Numbers) -> Numbers:
    return np.bincount(groups, amounts).astype(np.float64)

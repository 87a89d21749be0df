"""What one process holds of the items: a segment of everything, and a small one of what came since.

A small store is read again in passing. A large one lies in a file that one process writes each
minute and all map; who opens or builds it does so in a thread of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from django.db import connections

from ranking.store import snapshot
from ranking.store.pointers import among
from ranking.store.segment import Segment
from ranking.types import DAY, Ids, Rows
from sora_social.ids import snowflake_at

log = logging.getLogger(__name__)
WINDOW = 14 * DAY
LATE = 30.0  # a transaction may commit this long after it took its id
REBUILD_S, TAIL_S = 60.0, 1.0
STALE_S = 900.0  # then it speaks of another day, and time alone orders better
SMALL = 5_000  # items that are read again in passing
CHUNK = 100_000  # rows held at once while a segment is built


class Load(Protocol):
    def __call__(self, after: int, most: int) -> Rows:
        """The listed ones of at most so many items with ids above `after`, oldest first."""


class NotReady(Exception):
    """There is no store yet, or it is too old."""


class ItemStore:
    """`segments()` is cheap, and never older than a second."""

    def __init__(self, load: Load, path: Path) -> None:
        self._load, self._path = load, path
        self._lock = threading.Lock()
        self.drop()

    def drop(self) -> None:
        """Begin anew at the next question."""
        self._base: Segment | None = None
        self._tail: Segment | None = None
        self._built = self._read = 0.0  # by the monotonic clock
        self._apart: threading.Thread | None = None
        self._tried = -REBUILD_S

    def segments(self) -> tuple[Segment, ...]:
        """The segments that hold something, the old one first.

        Raises NotReady, and what the loader raises.
        """
        if time.monotonic() - self._read > TAIL_S or self._base is None:
            with self._lock:
                self._freshen(time.monotonic())
        return tuple(segment for segment in (self._base, self._tail) if segment)

    def _freshen(self, moment: float) -> None:
        if self._base is None:
            self._begin(moment)
        elif moment - self._read > TAIL_S:  # nobody else has, while this one waited
            self._go_on(moment)

    def _begin(self, moment: float) -> None:
        """From the file, or the database where that is quick."""
        if self._open_newer():
            self._read_tail()
            return
        if self._apart and self._apart.is_alive():
            raise NotReady
        rows = self._load(_oldest(), SMALL)
        if rows.upto is not None:
            self._renew_apart()
            raise NotReady
        self._hold(Segment(rows, time.time()), built=moment)
        self._read = moment

    def _go_on(self, moment: float) -> None:
        assert self._base is not None
        age = moment - self._built
        if age > STALE_S or (age > REBUILD_S and len(self._base) < SMALL):
            self._base = None
            self._begin(moment)
            return
        self._read_tail()
        if age > REBUILD_S:
            self._renew_apart()

    def _hold(self, base: Segment, built: float) -> None:
        self._base, self._tail = base, None
        self._built, self._read = built, 0.0  # the tail is read at the next question

    def _read_tail(self) -> None:
        """What was made since, and what took its id before but was committed after."""
        assert self._base is not None
        now = time.time()
        rows = self._load(snowflake_at(min(self._base.moment, now) - LATE), CHUNK)
        self._tail = _without(rows, self._base.id, now)
        self._read = time.monotonic()

    # --- the file --------------------------------------------------------------------------------

    def renew(self) -> bool:
        """Write the file when it is a minute old and nobody else does; whether it was written.

        A small store is looked at once a minute as well, though no file comes of it.
        """
        if time.monotonic() - self._tried < REBUILD_S:
            return False
        with snapshot.sole(self._path) as alone:
            if not alone or _age(self._path) < REBUILD_S:
                return False
            self._tried = time.monotonic()
            base = Segment(self._chunks(), time.time())
            if len(base) >= SMALL:
                snapshot.write(base, self._path)
            return len(base) >= SMALL

    def _chunks(self) -> Iterator[Rows]:
        after: int | None = _oldest()
        while after is not None:
            yield (rows := self._load(after, CHUNK))
            after = rows.upto

    def _open_newer(self) -> bool:
        """Hold what the file says, if it says something newer that may be used."""
        try:
            found = snapshot.opened(self._path)
        except FileNotFoundError:
            return False
        except snapshot.BadSnapshot:
            log.warning("a bad snapshot was refused: %s", self._path, exc_info=True)
            self._path.unlink(missing_ok=True)
            self._tried = -REBUILD_S  # at once
            return False
        age = time.time() - found.moment
        newer = self._base is None or found.moment > self._base.moment
        if not (newer and age < STALE_S):
            return False
        _ = found.near_vectors  # made here, not by the first page
        self._hold(found, built=time.monotonic() - age)
        return True

    def _renew_apart(self) -> None:
        if self._apart is None or not self._apart.is_alive():
            self._apart = threading.Thread(target=self._renew_here, daemon=True)
            self._apart.start()

    def _renew_here(self) -> None:
        try:
            if _age(self._path) >= REBUILD_S:
                self.renew()
            self._open_newer()
        except Exception:
            log.warning("the item store could not be renewed", exc_info=True)
        finally:
            connections.close_all()


def _oldest() -> int:
    return snowflake_at(time.time() - WINDOW)


def _age(path: Path) -> float:
    """Seconds since it was written; of none, since ever."""
    return time.time() - path.stat().st_mtime if path.exists() else float("inf")


def _without(rows: Rows, known: Ids, moment: float) -> Segment | None:
    """The rows that are not in the base."""
    ids = np.array([row.id for row in rows.items], np.int64)
    fresh = ids[~among(ids, known)]
    if not len(fresh):
        return None
    kept = set(fresh.tolist())
    items = [row for row in rows.items if row.id in kept]
    return Segment(Rows(items, [pair for pair in rows.cameos if pair[0] in kept]), moment)

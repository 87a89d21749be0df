"""Everybody who is enrolled, in the memory of a process, for as long as it asks who somebody is.

Each question first reads what has changed, so that nobody is missed who enrolled before it and
nobody is found who left. An index that is not asked for KEPT seconds is wiped: a shredded template
leaves memory within a minute wherever it was, and the next question reads everybody anew.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import QuerySet

from cameos.faces import Pack
from cameos.gallery import Gallery, Nearest
from cameos.likeness import Sealed, TemplateUnreadable, stored
from cameos.models import Cameo

KEPT = 45.0  # seconds
OVERLAP = timedelta(minutes=2)  # how late a row may become visible, and how wrong a clock may be
AT_ONCE = 4096  # rows opened together
MANY = 10_000  # from so many missing on, everybody is read anew

Row = tuple[UUID, bytes, bytes, datetime]  # id, wrapped key, template, when it changed
COLUMNS = ("pk", "wrapped_key", "template", "state_changed_at")


class Answer(NamedTuple):
    """The nearest of each template, and how many could not be compared: `unreadable` of this pack,
    `elsewhere` of another."""

    nearest: list[Nearest]
    unreadable: int
    elsewhere: int


class Index:
    """The enrolled of one pack. Threads take turns."""

    def __init__(self, pack: str, dim: int, kept: float = KEPT) -> None:
        self.gallery, self.kept = Gallery(pack, dim), kept
        self.unreadable: set[UUID] = set()
        self._seen: datetime | None = None  # the latest change that was read
        self._turn = threading.RLock()
        self._timer: threading.Timer | None = None

    @property
    def pack(self) -> str:
        return self.gallery.pack

    def ask(self, templates: np.ndarray, *, but: Collection[UUID] = ()) -> Answer:
        """Who is nearest to each unit template (T, dim), of everybody enrolled at this moment,
        whatever the state of their cameo."""
        with self._turn:
            self.catch_up()
            nearest = self.gallery.nearest(templates, pack=self.pack, but=but)
            others = Cameo.objects.enrolled_elsewhere(self.pack)
            return Answer(nearest, len(self.unreadable), others.count())

    def catch_up(self) -> None:
        """Read what has changed since the last time, or everybody the first time."""
        with self._turn:
            self._stop_the_clock()
            try:
                self._read_the_tail()
            finally:
                self._start_the_clock()

    def forget(self) -> None:
        """Overwrite everybody; the next question reads them anew."""
        with self._turn:
            self.gallery.wipe()
            self.unreadable, self._seen = set(), None

    def _read_the_tail(self) -> None:
        enrolled = Cameo.objects.enrolled(self.pack)
        if self._seen is None:
            self._take(enrolled)
            return
        since = self._seen - OVERLAP
        self._take(enrolled.filter(state_changed_at__gte=since))
        gone = Cameo.objects.filter(wrapped_key=None, state_changed_at__gte=since)
        self._drop(gone.values_list("pk", flat=True))
        if enrolled.count() != len(self.gallery) + len(self.unreadable):
            self._compare(enrolled)

    def _compare(self, enrolled: QuerySet[Cameo]) -> None:
        """Rows that came or went unseen by their time, as when a person's rows are deleted."""
        there = set(enrolled.values_list("pk", flat=True))
        known = self.gallery.places.keys() | self.unreadable
        self._drop(known - there)
        if len(missing := there - known) > MANY:
            self._take(enrolled)
        else:
            self._take(enrolled.filter(pk__in=missing))

    def _take(self, rows: QuerySet[Cameo]) -> None:
        found = rows.values_list(*COLUMNS).iterator(chunk_size=AT_ONCE)
        while some := list(islice(found, AT_ONCE)):
            self._open(some)
            newest = max(row[3] for row in some)
            self._seen = max(self._seen or newest, newest)

    def _open(self, rows: list[Row]) -> None:
        opened: dict[UUID, np.ndarray] = {}
        opening = opener(self.pack)
        for pk, key, body, _ in rows:
            try:
                opened[pk] = opening(pk, key, body)
            except TemplateUnreadable:
                self._drop([pk])
                self.unreadable.add(pk)
        self.unreadable -= opened.keys()
        if opened:
            templates = np.stack(list(opened.values())).astype(np.float32)
            templates /= np.linalg.norm(templates, axis=1, keepdims=True)
            self.gallery.put(list(opened), templates)

    def _drop(self, people: Iterable[UUID]) -> None:
        for pk in list(people):
            self.gallery.drop(pk)
            self.unreadable.discard(pk)

    def _stop_the_clock(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _start_the_clock(self) -> None:
        self._timer = threading.Timer(self.kept, self.forget)
        self._timer.daemon = True
        self._timer.start()


def opener(pack: str) -> Callable[[UUID, bytes, bytes], np.ndarray]:
    """Opens the sealed templates of a pack, (dim,) float16 as stored. Raises TemplateUnreadable."""
    key_of_house = house_key()

    def opening(pk: UUID, key: bytes, body: bytes) -> np.ndarray:
        sealed = Sealed(key=bytes(key), body=bytes(body))
        return stored(sealed, cameo=str(pk), pack=pack, house_key=key_of_house)

    return opening


def house_key() -> bytes:
    """32 bytes that wrap every cameo's own key."""
    return hashlib.sha256(settings.CAMEO_KEK.encode()).digest()


def index_of(pack: Pack) -> Index:
    """The one index of a pack in this process."""
    return _index_of(pack.id, pack.dim)


@lru_cache(maxsize=2)
def _index_of(pack: str, dim: int) -> Index:
    return Index(pack, dim)

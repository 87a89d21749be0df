"""What a viewer was served before: their session, what they have seen, whom they have seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.utils.timezone import now

from ranking.models import Engagement, EventKind, ServedPage
from ranking.types import DAY, Ids, Numbers
from sora_social.ids import uuid7
from sora_social.remembering import Remembered

HOME = "home"
REMEMBERED = timedelta(days=7)
PAUSE = timedelta(minutes=30)  # a longer one ends a session
PAGES, HIDDEN = 300, 2_000  # the newest of them
RECENT = 400  # items that say whom one has seen today


@dataclass(frozen=True, slots=True)
class Page:
    session: str
    at: datetime
    surface: str
    items: list[int]


@dataclass(frozen=True, slots=True)
class Past:
    """Pages of seven days, newest first, and the items of the home pages among them."""

    pages: list[Page]
    items: Ids  # newest first
    at: Numbers  # Unix times
    seen: Ids  # sorted

    @classmethod
    def of(cls, pages: Sequence[Page]) -> Past:
        home = [page for page in pages if page.surface == HOME]
        items = _ids(item for page in home for item in page.items)
        times = np.array([page.at.timestamp() for page in home], np.float64)
        at = np.repeat(times, [len(page.items) for page in home])
        return cls(list(pages), items, at, np.sort(items))

    def and_then(self, page: Page) -> Past:
        """With one more; what is older than is remembered goes when it is read again."""
        pages = [page, *self.pages[: PAGES - 1]]
        if page.surface != HOME or not page.items:
            return Past(pages, self.items, self.at, self.seen)
        new = np.array(page.items, np.int64)
        sooner = np.full(len(new), page.at.timestamp())
        seen = np.insert(self.seen, self.seen.searchsorted(np.sort(new)), np.sort(new))
        return Past(
            pages, np.concatenate([new, self.items]), np.concatenate([sooner, self.at]), seen
        )


@dataclass(frozen=True, slots=True)
class History:
    """A viewer's past at a moment, and the session that the next page belongs to."""

    moment: datetime
    session: str
    began: datetime
    past: Past

    @property
    def pages(self) -> list[Page]:
        return self.past.pages

    def seen(self) -> Ids:
        """What stood on the viewer's home pages; sorted."""
        return self.past.seen

    def passive(self) -> int:
        """How many items this session has served."""
        return sum(len(page.items) for page in self.pages if page.session == self.session)

    def recent(self) -> tuple[Ids, Numbers]:
        """The newest items of a day's home pages, and their weights: 1 now, 0 a day ago."""
        weight = 1 - (self.moment.timestamp() - self.past.at[:RECENT]) / DAY
        young = int(np.count_nonzero(weight > 0))  # newest first
        return self.past.items[:young], weight[:young]


def _past(viewer: int) -> Past:
    """One query, whatever the viewer's past."""
    rows = ServedPage.objects.filter(viewer=viewer, at__gt=now() - REMEMBERED).order_by("-at")
    return Past.of(
        [Page(*r) for r in rows.values_list("session", "at", "surface", "items")[:PAGES]]
    )


def _hidden(viewer: int) -> Ids:
    rows = Engagement.objects.filter(viewer=viewer, kind=EventKind.HIDE).order_by("-id")
    items = rows.values_list("item", flat=True)[:HIDDEN]
    return np.unique(_ids(item for item in items if item is not None))


PAST = Remembered("past", _past)
HIDES = Remembered("hides", _hidden)


def history(viewer: int, moment: datetime, session: str = "") -> History:
    """Without a session's name a pause ends a session."""
    past = PAST.of(viewer)
    pages = past.pages
    going_on = pages and moment - pages[0].at <= PAUSE
    session = session or (pages[0].session if going_on else uuid7().hex)
    began = min((page.at for page in pages if page.session == session), default=moment)
    return History(moment, session, began, past)


def remember(viewer: int, page: Page) -> None:
    """Another page was served."""
    PAST.put(viewer, PAST.of(viewer).and_then(page))


def hidden(viewer: int) -> Ids:
    """What the viewer asked not to see again; sorted."""
    return HIDES.of(viewer)


def by_author(authors: Ids, weights: Numbers) -> dict[int, float]:
    """How much of each author was shown, from who made what, and when it was seen."""
    known, which = np.unique(authors, return_inverse=True)
    return dict(zip(known.tolist(), np.bincount(which, weights).tolist(), strict=True))


def _ids(found: Iterable[int]) -> Ids:
    return np.fromiter(found, np.int64)

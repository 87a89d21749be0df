"""What a viewer was served before: their session, what they have seen, whom they have seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple, Self

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


class Shown(NamedTuple):
    """Items of home pages, newest first."""

    items: Ids
    at: Numbers  # Unix times
    seen: Ids  # the items, sorted

    @classmethod
    def on(cls, pages: Sequence[Page]) -> Self:
        items = _ids(item for page in pages for item in page.items)
        times = np.array([page.at.timestamp() for page in pages], np.float64)
        return cls(items, np.repeat(times, [len(page.items) for page in pages]), np.sort(items))

    def before(self, later: Self) -> Self:
        """With what was shown later."""
        seen = np.concatenate([self.seen, later.seen])
        seen.sort(kind="stable")  # which merges what is sorted
        return type(self)(
            np.concatenate([later.items, self.items]), np.concatenate([later.at, self.at]), seen
        )


class Past:
    """Pages of seven days, newest first, and the items of the home pages among them."""

    def __init__(self, pages: list[Page], shown: Shown, news: Sequence[Page]) -> None:
        self.pages, self._shown, self._news = pages, shown, news

    @classmethod
    def of(cls, pages: Sequence[Page]) -> Self:
        return cls(list(pages), Shown.on([page for page in pages if page.surface == HOME]), ())

    def and_then(self, page: Page) -> Self:
        """With one more; what is older than is remembered goes when it is read again."""
        news = self._news if page.surface != HOME else (page, *self._news)
        return type(self)([page, *self.pages[: PAGES - 1]], self._shown, news)

    @property
    def shown(self) -> Shown:
        """Laid in columns when it is asked for: pages that scroll on do not ask."""
        if news := self._news:
            self._shown, self._news = self._shown.before(Shown.on(news)), ()
        return self._shown


@dataclass(frozen=True)
class History:
    """A viewer's past at a moment, and the session that the next page belongs to."""

    moment: datetime
    session: str
    began: datetime
    past: Past

    @cached_property
    def here(self) -> list[Page]:
        """The pages of this session, newest first."""
        return _of_session(self.past.pages, self.session)

    def seen(self) -> Ids:
        """What stood on the viewer's home pages; sorted."""
        return self.past.shown.seen

    def passive(self) -> int:
        """How many items this session has served."""
        return sum(len(page.items) for page in self.here)

    def recent(self) -> tuple[Ids, Numbers]:
        """The newest items of a day's home pages, and their weights: 1 now, 0 a day ago."""
        shown = self.past.shown
        weight = 1 - (self.moment.timestamp() - shown.at[:RECENT]) / DAY
        young = int(np.count_nonzero(weight > 0))  # newest first
        return shown.items[:young], weight[:young]


def _of_session(pages: Sequence[Page], session: str) -> list[Page]:
    return [page for page in pages if page.session == session]


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
    began = min((page.at for page in _of_session(pages, session)), default=moment)
    return History(moment, session, began, past)


def remember(viewer: int, page: Page) -> None:
    """Another page was served."""
    PAST.put(viewer, PAST.of(viewer).and_then(page))


def hidden(viewer: int) -> Ids:
    """What the viewer asked not to see again; sorted."""
    return HIDES.of(viewer)


def by_author(authors: Ids, weights: Numbers) -> dict[int, float]:
    """How much of each author was shown, from who made what, and when it was seen."""
    shown = defaultdict[int, float](float)
    for author, weight in zip(authors.tolist(), weights.tolist(), strict=True):
        shown[author] += weight
    return dict(shown)


def _ids(found: Iterable[int]) -> Ids:
    return np.fromiter(found, np.int64)

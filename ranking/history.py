"""What a viewer was served before: their session, what they have seen, whom they have seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from ranking.models import Engagement, EventKind, ServedPage
from ranking.types import DAY, Ids
from sora_social.ids import uuid7

HOME = "home"
REMEMBERED = timedelta(days=7)
PAUSE = timedelta(minutes=30)  # a longer one ends a session
PAGES, HIDDEN = 300, 2_000  # the newest of them


@dataclass(frozen=True, slots=True)
class Page:
    session: str
    at: datetime
    surface: str
    items: list[int]


@dataclass(frozen=True, slots=True)
class History:
    """The pages of seven days, newest first, and the session that the next page belongs to."""

    moment: datetime
    session: str
    began: datetime
    pages: list[Page]

    def seen(self) -> Ids:
        """What stood on the viewer's home pages."""
        return _ids(item for page in self.pages if page.surface == HOME for item in page.items)

    def passive(self) -> int:
        """How many items this session has served."""
        return sum(len(page.items) for page in self.pages if page.session == self.session)

    def recent(self) -> list[tuple[int, float]]:
        """(item, weight) of the home pages of a day: 1 for just now, 0 for a day ago."""
        return [
            (item, weight)
            for page in self.pages
            if page.surface == HOME
            and (weight := 1 - (self.moment - page.at).total_seconds() / DAY) > 0
            for item in page.items
        ]


def history(viewer: int, moment: datetime, session: str = "") -> History:
    """One query, whatever the viewer's past. Without a session's name a pause ends a session."""
    rows = ServedPage.objects.filter(viewer=viewer, at__gt=moment - REMEMBERED).order_by("-at")
    pages = [Page(*row) for row in rows.values_list("session", "at", "surface", "items")[:PAGES]]
    going_on = pages and moment - pages[0].at <= PAUSE
    session = session or (pages[0].session if going_on else uuid7().hex)
    began = min((page.at for page in pages if page.session == session), default=moment)
    return History(moment, session, began, pages)


def hidden(viewer: int) -> Ids:
    """What the viewer asked not to see again."""
    rows = Engagement.objects.filter(viewer=viewer, kind=EventKind.HIDE).order_by("-id")
    items = rows.values_list("item", flat=True)[:HIDDEN]
    return _ids(item for item in items if item is not None)


def by_author(
    recent: list[tuple[int, float]], authors: Iterable[tuple[int, int]]
) -> dict[int, float]:
    """How much of each author was shown, from weighted items and who made them."""
    made_by, shown = dict(authors), defaultdict[int, float](float)
    for item, weight in recent:
        if item in made_by:
            shown[made_by[item]] += weight
    return dict(shown)


def _ids(found: Iterable[int]) -> Ids:
    return np.unique(np.fromiter(found, np.int64))

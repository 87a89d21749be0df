"""What a feed did to a world: counted from pages and logs, the same for every policy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranking.evaluation.columns import Columns
from ranking.evaluation.interface import DEEDS, NOTHING, Asks, Births, Flags, Log, Pages, People

DAY = 86_400.0
EARLY = 3  # days in which there is hardly anything to learn from; figures count from then on


class Tally:
    """Takes everything in as it happens; `figures` sums it up."""

    def __init__(self, people: People, prolific: Flags) -> None:
        n = self.count = people.count
        self.prolific = prolific
        follows = np.zeros((n, n), bool)
        follows[people.follows[:, 0], people.follows[:, 1]] = True
        self.friends = follows & follows.T
        self.items = Columns(at=(float,), author=(np.int64,), shown=(float,))
        self.sessions = Columns(
            viewer=(np.int64,), at=(float,), returning=(bool,), created=(bool,), posted=(bool,)
        )
        self.row: dict[int, int] = {}  # session to row
        self.came = np.zeros(n, bool)
        self.due: dict[tuple[int, int], bool] = {}  # (viewer, friend's post) to: was it shown
        self.sums: dict[str, float] = dict.fromkeys(
            ("seen", "bulk", "hide", "watch", "creates", "again", "nudged", "accepted"), 0.0
        )

    def born(self, births: Births) -> None:
        self.items.add(len(births), at=births.at, author=births.author)

    def asked(self, asks: Asks, pages: Pages) -> None:
        first = asks.number == 0
        who = asks.viewer[first]
        rows = self.sessions.add(
            len(who), viewer=who, at=asks.began[first], returning=self.came[who]
        )
        self.row.update(zip(asks.session[first].tolist(), rows.tolist(), strict=True))
        self.came[who] = True
        self._guarantee(asks, pages)

    def _guarantee(self, asks: Asks, pages: Pages) -> None:
        """Posts of friends of the last day, due to whoever opens their feed."""
        young = np.arange(np.searchsorted(self.items["at"], asks.moment - DAY), len(self.items))
        author = self.items["author"][young]
        for viewer, page in zip(asks.viewer.tolist(), pages.item, strict=True):
            for item in young[self.friends[viewer, author]].tolist():
                self.due.setdefault((viewer, item), False)
            for item in page[page != NOTHING].tolist():
                if (viewer, item) in self.due:
                    self.due[viewer, item] = True

    def told(self, asks: Asks, pages: Pages, log: Log) -> None:
        did = dict(zip(DEEDS, log.did.T, strict=True))
        np.add.at(self.items["shown"], log.item, 1.0)
        rows = np.array([self.row[s] for s in asks.session.tolist()], np.int64)
        made = np.bincount(log.asked, did["create"], len(asks)) + log.accepted
        self.sessions["created"][rows] |= made > 0
        self.sessions["posted"][rows] |= np.bincount(log.asked, did["post"], len(asks)) > 0
        if asks.moment < EARLY * DAY:
            return
        author = self.items["author"][log.item]
        self.sums["seen"] += len(log.item)
        self.sums["bulk"] += self.prolific[author].sum()
        for name, deed in (("hide", "hide"), ("watch", "watch"), ("creates", "create")):
            self.sums[name] += float(did[deed].sum())
        self.sums["again"] += _again(log.asked, author)
        self.sums["nudged"] += int(pages.nudged.sum())
        self.sums["accepted"] += int(log.accepted.sum())

    def figures(self) -> dict[str, Any]:
        """Rates over the scored days, and each person's counts for paired comparisons."""
        of, sums = self.sessions, self.sums
        late = of["returning"] & (of["at"] >= EARLY * DAY)
        early = of["returning"] & (of["at"] < EARLY * DAY)
        days = _person_days(of["viewer"][late], of["at"][late])
        posted = late & of["posted"]
        human = ~self.prolific[self.items["author"]] & (
            self.items["at"] < self.items["at"].max(initial=0) - DAY
        )
        shown = self.items["shown"][human]
        return {
            "return_create": _mean(of["created"][late]),
            "posters": _person_days(of["viewer"][posted], of["at"][posted]) / max(days, 1),
            "creates": sums["creates"] / max(days, 1),
            "friend_coverage": _mean(np.array(list(self.due.values()))),
            "prolific_share": sums["bulk"] / max(sums["seen"], 1),
            "gini": gini(shown),
            "tried": _mean(shown >= 10),
            "hides": 1000 * sums["hide"] / max(sums["seen"], 1),
            "repeats": sums["again"] / max(sums["seen"], 1),
            "watched": 30 * sums["watch"] / max(late.sum(), 1),
            "early": _mean(of["created"][early]),
            "active": days,
            "back": self._back(),
            "nudges_accepted": sums["accepted"] / max(sums["nudged"], 1),
            "sessions": np.bincount(of["viewer"][late], minlength=self.count).tolist(),
            "created": np.bincount(of["viewer"][late & of["created"]],
                                   minlength=self.count).tolist(),
        }  # fmt: skip

    def _back(self) -> float:
        """Of those who came a week before the end or earlier, how many came in the last days."""
        of = self.sessions
        last = of["at"].max(initial=0)
        first = np.full(self.count, np.inf)
        np.minimum.at(first, of["viewer"], of["at"])
        old = first < last - 7 * DAY
        recent = np.bincount(of["viewer"][of["at"] > last - 2 * DAY], minlength=self.count) > 0
        return _mean(recent[old])


def gini(amounts: np.ndarray) -> float:
    """0 where everybody has the same, near 1 where one has all."""
    ordered = np.sort(amounts)
    n, total = len(ordered), ordered.sum()
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total)) if total else 0.0


def _again(page: np.ndarray, author: np.ndarray) -> int:
    """Items seen whose author had been seen on the same page before."""
    return len(page) - len(np.unique(np.stack([page, author]), axis=1).T)


def _person_days(viewer: np.ndarray, at: np.ndarray) -> int:
    return len(np.unique(viewer * 10_000 + (at // DAY).astype(np.int64)))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0

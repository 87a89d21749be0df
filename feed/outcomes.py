"""What came of it, after nudges and in experiments: told from our own rows, never by clients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db.models import F, QuerySet

from feed.models import Post
from generation.models import Job
from ranking import services
from ranking.models import Engagement, EventKind, NudgeTrial, ServedPage
from ranking.services import Metric
from ranking.types import DAY, Ids, Numbers


def settle_nudges() -> int:
    """Close the trials of nudges whose answers are in; a sweep calls this about each second."""
    return services.settle(_created_after)


def review_experiments() -> list[str]:
    """Look at what runs, every few minutes; the names of those that a guardrail ended."""
    return services.experiments.review(METRICS)


def _created_after(trials: Sequence[NudgeTrial]) -> set[int]:
    """The trials within whose window the viewer wished for a video."""
    if not trials:
        return set()
    made = _moments(
        Job.objects.filter(author__in={trial.viewer for trial in trials}), "author", "made_at",
        min(trial.at for trial in trials), max(trial.ends_at for trial in trials),
    )  # fmt: skip
    return {
        trial.pk
        for trial in trials
        if any(trial.at.timestamp() < at <= trial.ends_at.timestamp() for at in made[trial.viewer])
    }


# --- the metrics of experiments: one number for each person ---------------------------------------


def _created(people: Ids, since: Numbers, seconds: float) -> Numbers:
    return _any(Job.objects.filter(author__in=people.tolist()), "author", people, since, seconds)


def _posted(people: Ids, since: Numbers, seconds: float) -> Numbers:
    return _any(Post.objects.filter(author__in=people.tolist()), "author", people, since, seconds)


def _remixed(people: Ids, since: Numbers, seconds: float) -> Numbers:
    """How often others remixed them, at most ten times: one who is famous is no experiment."""
    theirs = Post.objects.filter(parent__author__in=people.tolist())
    theirs = theirs.exclude(author=F("parent__author"))
    return _count(theirs, "parent__author", people, since, seconds).clip(max=10)


def _hides(people: Ids, since: Numbers, seconds: float) -> Numbers:
    hidden = Engagement.objects.filter(viewer__in=people.tolist(), kind=EventKind.HIDE)
    return _count(hidden, "viewer", people, since, seconds, "at").clip(max=10)


def _returned(people: Ids, since: Numbers, seconds: float) -> Numbers:
    """Came back on the day after."""
    pages = ServedPage.objects.filter(viewer__in=people.tolist())
    return _any(pages, "viewer", people, since + DAY, DAY, "at")


METRICS = {
    "created": Metric(_created),
    "posted": Metric(_posted),
    "remixed": Metric(_remixed),
    "returned": Metric(_returned),
    "hides": Metric(_hides, more_is_better=False),
}


def _any(*asked: Any) -> Numbers:
    return np.minimum(_count(*asked), 1)


def _count(
    rows: QuerySet[Any],
    whose: str,
    people: Ids,
    since: Numbers,
    seconds: float,
    at: str = "made_at",
) -> Numbers:
    """How many rows each person has within so many seconds from their own moment."""
    if not len(people):
        return np.zeros(0)
    first, last = (datetime.fromtimestamp(s, UTC) for s in (since.min(), since.max() + seconds))
    found = _moments(rows, whose, at, first, last)
    return np.array(
        [
            float(sum(begun < at <= begun + seconds for at in found[person]))
            for person, begun in zip(people.tolist(), since.tolist(), strict=True)
        ]
    )


def _moments(
    rows: QuerySet[Any], whose: str, at: str, first: datetime, last: datetime
) -> defaultdict[int, list[float]]:
    found: defaultdict[int, list[float]] = defaultdict(list)
    inside = rows.filter(**{f"{at}__gte": first, f"{at}__lte": last}).order_by()
    for person, moment in inside.values_list(whose, at):
        found[person].append(moment.timestamp())
    return found

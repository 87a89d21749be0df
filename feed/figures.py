"""The figures of a day, each a few statements whatever the number of people. What is over does not
change, so that a day is worked out once and then remembered."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, cast

import numpy as np
from django.core.cache import cache
from django.db.models import (
    Avg,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.fields import DateTimeField
from django.utils.timezone import localdate

from feed.models import Post, PostAudience
from feed.states import PostState
from generation.models import Job, Output
from generation.states import JobState
from ranking.models import Engagement, EventKind, ServedPage
from ranking.services import impressions, saturation
from sora_social.users.models import Follow, User

A_DAY = timedelta(days=1)
SETTLED = timedelta(days=9)  # then nothing of a day can change any more
REMEMBERED = {"today": 300, "young": 3600, "settled": 86_400}  # seconds
SAMPLE, LOOKED_AT = 200, 5000  # people of whom friend coverage is asked, out of so many
PROLIFIC = 5  # posts a day, and more
COMPARED = 3000  # posts of a day, the newest, each with each


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares lie between 0 and 1; what nobody could have done is None."""

    day: date
    active: int
    joined: int
    day_one: float | None = None  # of who joined: created within a day
    created: float | None = None  # of who came back: created on that day
    posting: float | None = None  # of who was there: posted
    d1: float | None = None  # of who joined: there on the next day
    d7: float | None = None
    depth: float | None = None  # of the posts in their trees, on average
    kept: float | None = None  # of finished videos: still there
    coverage: float | None = None  # of friends' new posts: shown to who came by
    gini: float | None = None  # of impressions over authors
    prolific: float | None = None  # of impressions: by who posts all day
    hides: float | None = None  # in 1,000 impressions
    worn: float | None = None  # of posts: nearly the same as others of the day


def figures_of(day: date) -> Figures:
    """The figures of a day in UTC, as they were some minutes ago at most."""
    age = localdate() - day
    kind = "today" if age < A_DAY else "young" if age < SETTLED else "settled"
    name, work_out = f"figures:{day}:{kind}", partial(_work_out, day)
    return cast(Figures, cache.get_or_set(name, work_out, REMEMBERED[kind]))


def _work_out(day: date) -> Figures:
    there, posts = _within(ServedPage, day, "at"), _within(Post, day)
    joined, active = _within(User, day, "date_joined"), _people(there)
    return Figures(
        day=day, active=active, joined=joined.count(),
        day_one=_day_one(joined, day), created=_created_on_return(there, day),
        posting=_share(posts.values("author").distinct().count(), active),
        d1=_came_back(joined, day + A_DAY), d7=_came_back(joined, day + 7 * A_DAY),
        depth=posts.aggregate(found=Avg("depth"))["found"],
        kept=_kept(day), coverage=_coverage(day), **_exposure(posts),
        hides=_hides(day), worn=_worn(posts),
    )  # fmt: skip


def bounds(first: date, last: date | None = None) -> tuple[datetime, datetime]:
    """From the beginning of a day to the end of that, or of another."""
    begin, end = (datetime.combine(day, time.min, UTC) for day in (first, last or first))
    return begin, end + A_DAY


def _within(model: Any, day: date, at: str = "made_at") -> QuerySet[Any]:
    begin, end = bounds(day)
    rows: QuerySet[Any] = model.objects.filter(**{f"{at}__gte": begin, f"{at}__lt": end})
    return rows.order_by()


def _people(pages: QuerySet[ServedPage]) -> int:
    return pages.values("viewer").distinct().count()


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


# --- people ---------------------------------------------------------------------------------------


def with_first(joined: QuerySet[User]) -> QuerySet[Any]:
    """Each with `first`: when they first wished for a video."""
    mine = Job.objects.filter(author=OuterRef("pk")).order_by().values("author")
    return joined.annotate(first=Subquery(mine.annotate(at=Min("made_at")).values("at")))


def _day_one(joined: QuerySet[User], day: date) -> float | None:
    if day + A_DAY >= localdate():  # some may still
        return None
    soon = ExpressionWrapper(F("date_joined") + A_DAY, DateTimeField())
    made = with_first(joined).filter(first__lte=soon).count()
    return _share(made, joined.count())


def _created_on_return(there: QuerySet[ServedPage], day: date) -> float | None:
    begin, end = bounds(day)
    mine = Job.objects.filter(author=OuterRef("viewer"), made_at__gte=begin, made_at__lt=end)
    back = there.filter(viewer__in=User.objects.filter(date_joined__lt=begin).values("pk"))
    return _share(_people(back.filter(Exists(mine))), _people(back))


def _came_back(joined: QuerySet[User], day: date) -> float | None:
    if day >= localdate():  # it is not over
        return None
    begin, end = bounds(day)
    there = ServedPage.objects.filter(viewer=OuterRef("pk"), at__gte=begin, at__lt=end)
    return _share(joined.filter(Exists(there)).count(), joined.count())


# --- what they made -------------------------------------------------------------------------------


def _kept(day: date) -> float | None:
    done = _within(Job, day).filter(state=JobState.DONE)
    left = Exists(Output.objects.filter(job=OuterRef("pk")))
    found = done.aggregate(all=Count("pk"), left=Count("pk", filter=left))
    return _share(found["left"], found["all"])


def _exposure(posts: QuerySet[Post]) -> dict[str, float | None]:
    rows = list(posts.values("author").annotate(n=Count("pk"), seen=Sum("impressions")))
    seen = np.array([row["seen"] for row in rows], float)
    loud = sum(row["seen"] for row in rows if row["n"] >= PROLIFIC)
    return {"gini": gini(seen), "prolific": _share(loud, float(seen.sum()))}


def gini(values: np.ndarray) -> float | None:
    """0 when all have the same, towards 1 when one has everything."""
    if not values.sum():
        return None
    lorenz = np.cumsum(np.sort(values)) / values.sum()
    return float(1 + 1 / len(values) - 2 * lorenz.mean())


def _hides(day: date) -> float | None:
    hidden = _within(Engagement, day, "at").filter(kind=EventKind.HIDE).count()
    return _share(1000 * hidden, impressions(*bounds(day)))


def _worn(posts: QuerySet[Post]) -> float | None:
    newest = posts.order_by("-pk").values_list("vector", flat=True)[:COMPARED]
    return saturation([bytes(vector) for vector in newest])


# --- friends --------------------------------------------------------------------------------------


def _coverage(day: date) -> float | None:
    """Of a sample of people: friends' posts of the day they were shown within a day, of those that
    they could have been shown because they came by."""
    viewers = _sample(day)
    posts, pages = _posts_of_friends(viewers, day), _pages_of(viewers, day)
    could = shown = 0
    for viewer, made in posts.items():
        for post, at in made:
            later = [items for seen_at, items in pages[viewer] if at < seen_at <= at + A_DAY]
            could += bool(later)
            shown += any(post in items for items in later)
    return _share(shown, could)


def _sample(day: date) -> list[int]:
    there = _within(ServedPage, day, "at").order_by("viewer").values_list("viewer", flat=True)
    found = list(there.distinct()[:LOOKED_AT])
    return random.Random(day.toordinal()).sample(found, min(SAMPLE, len(found)))


def _posts_of_friends(viewers: list[int], day: date) -> Mapping[int, list[tuple[int, datetime]]]:
    """(post, when) of the friends of each."""
    back = Follow.objects.filter(follower=OuterRef("followed"), followed=OuterRef("follower"))
    ties = Follow.objects.filter(Exists(back), follower__in=viewers)
    admirers = defaultdict(list)
    for viewer, friend in ties.values_list("follower", "followed"):
        admirers[friend].append(viewer)
    listed = _within(Post, day).filter(~Q(audience=PostAudience.UNLISTED), state=PostState.LIVE)
    found = defaultdict(list)
    rows = listed.filter(author__in=list(admirers)).values_list("pk", "author", "made_at")
    for post, author, at in rows:
        for viewer in admirers[author]:
            found[viewer].append((post, at))
    return found


def _pages_of(
    viewers: list[int], day: date
) -> defaultdict[int, list[tuple[datetime, frozenset[int]]]]:
    begin, end = bounds(day, day + A_DAY)
    pages = ServedPage.objects.filter(viewer__in=viewers, at__gte=begin, at__lt=end)
    found: defaultdict[int, list[tuple[datetime, frozenset[int]]]] = defaultdict(list)
    for viewer, at, items in pages.values_list("viewer", "at", "items"):
        found[viewer].append((at, frozenset(items)))
    return found

"""The operators' dashboard: whether people make things, come back, and see their friends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import numpy as np
from django.contrib import admin
from django.core.cache import cache
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.timezone import localdate

from feed.charts import Chart, Say, Values, bars, fine, line, lorenz, percent, plain, whiskers
from feed.figures import A_DAY, Figures, bounds, figures_of, gini, with_first
from feed.models import Post
from ranking.services import ArmReport, nudge_effects
from sora_social.users.models import User

DAYS, WEEK = 28, 7
KEPT_S = 300
DEEPEST = 5  # steps from the root, and more
FIRST = ((5, "5 min"), (15, "15 min"), (60, "1 h"), (60 * 24, "1 day"), (float("inf"), "later"))
NEVER = "not yet"
ARMS = {
    "finish-your-draft": "Finish your draft",
    "remix-your-friend": "Remix your friend",
    "cameo-invite": "Invite to cameo",
    "try-this": "Try this template",
    "take-a-break": "Take a break",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with its figure: the mean of a week, and how it moved against the week before."""

    name: str
    title: str
    said: str
    chart: Chart
    figure: str = ""
    change: str = ""
    tone: str = ""
    names: tuple[str, ...] = ()


def page(request: HttpRequest) -> HttpResponse:
    """The dashboard, as it was some minutes ago at most."""
    around = admin.site.each_context(request) | {"title": "Dashboard"}
    return TemplateResponse(request, "feed/dashboard.html", around | dashboard())


def dashboard() -> dict[str, Any]:
    """Everything on it, by where it stands."""
    return cast(dict[str, Any], cache.get_or_set("dashboard", _work_out, KEPT_S))


def _work_out() -> dict[str, Any]:
    today = localdate()
    days = [figures_of(today - A_DAY * back) for back in range(DAYS, 0, -1)]
    return {
        "first": days[0].day, "last": days[-1].day, "people": _people(figures_of(today)),
        "heroes": list(_heroes(days)), "panels": list(_panels(days)),
        "nudges": _nudges(nudge_effects()),
    }  # fmt: skip


def _people(today: Figures) -> dict[str, int]:
    return {"everybody": User.objects.present().count(), "today": today.active,
            "joined": today.joined}  # fmt: skip


def _heroes(days: list[Figures]) -> Any:
    """What the product is for."""
    yield _over(days, "created", "Creation on return", "of who came back made something that day",
                goal=0.7)  # fmt: skip
    yield _over(days, "day_one", "Creation on day one", "of who joined made something within a day",
                goal=1.0)  # fmt: skip
    yield _over(days, "posting", "Posting", "of who was there posted", goal=0.3)
    yield _over(days, "coverage", "Friend coverage", "of friends’ new posts reached who came by",
                goal=0.75)  # fmt: skip


def _panels(days: list[Figures]) -> Any:
    yield _over(days, "active", "People", "were there on a day", say=plain)
    yield _both(days, ("d1", "d7"), "Coming back", "of who joined were there a day later",
                ("a day later", "a week later"))  # fmt: skip
    yield _first_creation(days)
    yield _depths(days)
    yield _over(
        days, "depth", "Remix depth", "steps from the root of its tree has a post", say=fine
    )
    yield _over(days, "kept", "Kept", "of finished videos are still there")
    yield _exposed(days)
    yield _over(days, "gini", "Exposure Gini", "0: every author is seen alike", say=fine, good=-1)
    yield _over(
        days, "prolific", "Prolific share", "of impressions go to who posts all day", good=-1
    )
    yield _over(days, "hides", "Hides", "in a thousand impressions", say=fine, good=-1)
    yield _over(days, "worn", "Template saturation", "of posts are nearly like others", good=-1)


def _over(
    days: list[Figures], name: str, title: str, said: str, say: Say = percent,
    goal: float | None = None, good: int = 1,
) -> Panel:  # fmt: skip
    """A figure over the days."""
    values: Values = [getattr(figures, name) for figures in days]
    chart = line([figures.day for figures in days], [(title, values)], say, goal)
    return Panel(name, title, said, chart, *_headline(values, say, good))


def _both(
    days: list[Figures], two: tuple[str, str], title: str, said: str, names: tuple[str, ...]
) -> Panel:
    series = [
        (name, [getattr(figures, which) for figures in days])
        for which, name in zip(two, names, strict=True)
    ]
    chart = line([figures.day for figures in days], series, percent)
    return Panel(two[0], title, said, chart, *_headline(series[0][1], percent, 1), names=names)


def _headline(values: Values, say: Say, good: int) -> tuple[str, str, str]:
    """The mean of the last seven days that are known, and how it moved."""
    known = [value for value in values if value is not None]
    week, before = known[-WEEK:], known[-2 * WEEK : -WEEK]
    if not week:
        return "–", "", ""
    now = float(np.mean(week))
    if not before or not np.mean(before):
        return say(now), "", ""
    moved = now / float(np.mean(before)) - 1
    tone = "good" if moved * good > 0.02 else "bad" if moved * good < -0.02 else "even"
    return say(now), f"{moved:+.0%}".replace("%", " %").replace("-", "−"), tone


# --- shapes ---------------------------------------------------------------------------------------


def _first_creation(days: list[Figures]) -> Panel:
    begin, end = bounds(days[0].day, days[-1].day)
    joined = User.objects.filter(date_joined__gte=begin, date_joined__lt=end)
    rows = with_first(joined).values_list("date_joined", "first")
    waited = [(first - at).total_seconds() / 60 for at, first in rows if first]
    counts = np.histogram(waited, [-np.inf, *(limit for limit, _ in FIRST)])[0].tolist()
    named = [
        *zip((name for _, name in FIRST), counts, strict=True),
        (NEVER, len(rows) - len(waited)),
    ]
    half = _minutes(float(np.median(waited))) if waited else "–"
    said = "after joining half of them had made something"
    return Panel("first", "Time to first creation", said, bars(named, plain), half)


def _minutes(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _depths(days: list[Figures]) -> Panel:
    begin, end = bounds(days[0].day, days[-1].day)
    posts = Post.objects.filter(made_at__gte=begin, made_at__lt=end).order_by()
    counted = dict(posts.values_list("depth").annotate(n=Count("pk")))
    deep = sum(n for depth, n in counted.items() if depth >= DEEPEST)
    named = [(str(depth) if depth else "root", counted.get(depth, 0)) for depth in range(DEEPEST)]
    remixes = sum(counted.values()) - counted.get(0, 0)
    figure = percent(remixes / sum(counted.values())) if counted else "–"
    chart = bars([*named, (f"{DEEPEST}+", deep)], plain)
    return Panel(
        "depths", "Remix trees", "of posts are remixes; steps from the root", chart, figure
    )


def _exposed(days: list[Figures]) -> Panel:
    begin, end = bounds(days[-1].day - timedelta(days=WEEK), days[-1].day)
    posts = Post.objects.filter(made_at__gte=begin, made_at__lt=end).order_by()
    seen = posts.values("author").annotate(seen=Sum("impressions")).values_list("seen", flat=True)
    values = np.array(list(seen), float)
    found = gini(values) if len(values) else None
    figure = "–" if found is None else percent(_of_top(values))
    said = "of a week’s impressions go to the tenth of authors seen most"
    return Panel("exposed", "Exposure", said, lorenz(values.tolist()), figure)


def _of_top(values: np.ndarray) -> float:
    top = max(len(values) // 10, 1)
    return float(np.sort(values)[-top:].sum() / values.sum())


# --- nudges ---------------------------------------------------------------------------------------


def _nudges(reports: Sequence[ArmReport]) -> list[dict[str, Any]]:
    """What each arm changed, and what people said of it."""
    found = [report.effect for report in reports]
    edges = [(one.low, one.effect, one.high) if one else None for one in found]
    marks = whiskers(edges, lambda value: f"{100 * value:+.1f}")
    return [_arm(r) | {"whisker": mark} for r, mark in zip(reports, marks, strict=True)]


def _arm(report: ArmReport) -> dict[str, Any]:
    shares = ("shown", "created_shown", "created_not", "accepted", "dismissed", "never")
    found = {name: _maybe(getattr(report, name)) for name in shares}
    regret = "–" if report.regret is None else f"{report.regret:.2f}"
    said = {"arm": ARMS.get(report.arm, report.arm), "trials": plain(report.trials)}
    return said | found | {"regret": regret, "verdict": report.verdict}


def _maybe(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"

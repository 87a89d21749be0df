"""What people made, told to ranking from our own rows; what inspired it is ranking's to say.

Rows are read by the time in their ids, a little of the past again each time: what committed late
is found, and what was told before is known there.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.core.cache import cache

from feed.models import Like, Post
from feed.wording import text_of
from generation.models import CameoUse, Job, JobSource, Output
from ranking import services as ranking
from ranking.models import Made
from ranking.services import Deed
from ranking.types import DAY
from sora_social.ids import snowflake_at, uuid7_at
from sora_social.moderation.models import Report, Subject

EVERY_S = 10
AGAIN_S = 600.0  # of the past, each time
KEPT_AFTER_S = 3600.0
LIKES, LIKES_AGAIN = 5_000, 200
Read = tuple[list[Deed], int]


def attribute_now_and_then() -> int:
    """Sweepers ask every second; every ten seconds is enough."""
    return attribute() if cache.add("feed:attributing", 1, EVERY_S) else 0


def attribute(moment: float | None = None) -> int:
    """Tell ranking what was made and watched since the last time; how much was new."""
    moment = moment or time.time()
    readers = {
        "jobs": lambda place: _jobs(*_stretch(place, moment)),
        "kept": lambda place: _kept(*_stretch(place, moment - KEPT_AFTER_S)),
        "posts": lambda place: _posts(*_stretch(place, moment)),
        "reports": lambda place: _reports(*_stretch(place, moment)),
        "likes": _likes,
    }
    made = sum(ranking.attribute(name, read) for name, read in readers.items())
    return made + ranking.watched(_vectors, moment)


def _stretch(place: int, moment: float) -> tuple[float, float]:
    """(from, to) in Unix seconds, from a place in milliseconds; this very second is in it."""
    return max(place / 1000, moment - DAY) - AGAIN_S, moment + 1


def _place(until: float) -> int:
    return int(until * 1000)


def _jobs(since: float, until: float) -> Read:
    """What was asked for: new, from a post, with somebody's cameo. A final is not asked anew."""
    rows = Job.objects.filter(pk__gte=uuid7_at(since), pk__lte=uuid7_at(until), final_of=None)
    jobs = list(rows.values_list("pk", "author_id", "made_at", "prompt", "style"))
    sources = _sources(job for job, *_ in jobs)
    uses = CameoUse.objects.filter(job__in=[job for job, *_ in jobs], named=True)
    cast, deeds = set(uses.values_list("job", flat=True)), []
    for job, author, at, prompt, style in jobs:
        made = Deed(Made.GENERATE, str(job), author, at, *sources[job], text_of(prompt, style))
        kinds = [Made.GENERATE] + [Made.REMIX] * bool(made.of) + [Made.CAMEO_USE] * (job in cast)
        deeds += [made._replace(kind=kind) for kind in kinds]
    return deeds, _place(until)


def _kept(since: float, until: float) -> Read:
    """What nobody threw away within the hour."""
    outputs = Output.objects.filter(pk__gte=uuid7_at(since), pk__lte=uuid7_at(until))
    rows = outputs.filter(job__final_of=None).order_by().distinct()
    jobs = list(rows.values_list("job_id", "job__author_id", "job__made_at"))
    sources = _sources(job for job, *_ in jobs)
    deeds = [Deed(Made.KEEP, str(job), who, at, *sources[job]) for job, who, at in jobs]
    return deeds, _place(until)


def _posts(since: float, until: float) -> Read:
    """What was shown to others; owed to what inspired the wish for it, not the showing."""
    rows = Post.objects.filter(pk__gte=snowflake_at(since), pk__lte=snowflake_at(until))
    posts = list(rows.values_list("pk", "author_id", "output__job_id", "output__job__made_at"))
    sources = _sources(job for _, _, job, _ in posts)
    deeds = [Deed(Made.POST, str(pk), who, at, *sources[job]) for pk, who, job, at in posts]
    return deeds, _place(until)


def _sources(jobs: Iterable[UUID]) -> dict[UUID, tuple[tuple[int, ...], tuple[int, ...]]]:
    """(posts, their authors) that each job was made of."""
    rows = JobSource.objects.filter(job__in=list(jobs), output__post__isnull=False).order_by("pk")
    found = defaultdict[UUID, tuple[tuple[int, ...], tuple[int, ...]]](lambda: ((), ()))
    for job, post, author in rows.values_list("job", "output__post", "output__post__author"):
        posts, authors = found[job]
        found[job] = (*posts, post), (*authors, author)
    return found


def _reports(since: float, until: float) -> Read:
    rows = Report.objects.filter(pk__gte=uuid7_at(since), pk__lte=uuid7_at(until))
    rows = rows.filter(case__subject=Subject.POST, reporter__isnull=False)
    found = rows.values_list("pk", "reporter_id", "made_at", "case__subject_id")
    deeds = [Deed(Made.REPORT, str(pk), who, at, (int(post),)) for pk, who, at, post in found
             if post.isdecimal()]  # fmt: skip
    return deeds, _place(until)


def _likes(place: int) -> Read:
    """Likes are numbered, so their numbers are the places."""
    newest = Like.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    after = max(place - LIKES_AGAIN, newest - 10 * LIKES)
    rows = Like.objects.filter(pk__gt=after).order_by("pk")[:LIKES]
    found = list(rows.values_list("pk", "person_id", "made_at", "post_id", "post__author_id"))
    deeds = [Deed(Made.LIKE, str(pk), who, at, (post,), (by,)) for pk, who, at, post, by in found]
    return deeds, max((row[0] for row in found), default=place)


def _vectors(items: Sequence[int]) -> dict[int, bytes]:
    rows = Post.objects.filter(pk__in=items).values_list("pk", "vector")
    return {pk: bytes(vector) for pk, vector in rows}

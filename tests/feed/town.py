"""A small town that lives for a month: people join, come back, make, remix, and are nudged.

Rows are written as they would have been left behind, on the days on which they would have been;
the town gets better at what the product is for, so that charts have something to show.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from random import Random
from typing import Any

from django.utils.timezone import now

from feed.models import Post
from feed.states import PostState
from feed.wording import told
from generation.models import Job, Output
from generation.states import JobState
from ranking.models import Engagement, EventKind, NudgeTrial, ServedPage
from ranking.types import Arm
from sora_social.ids import snowflake_at, uuid7
from sora_social.users.models import Follow, User

DAYS = 30
PROMPTS = ["a paper boat in the rain", "my dog as an astronaut", "a tiny concert", "soup, but epic"]
EFFECTS = {
    Arm.FINISH_DRAFT: 0.16, Arm.REMIX_YOUR_FRIEND: 0.12, Arm.INVITE_CAMEO: 0.05,
    Arm.TRY_THIS: 0.02, Arm.TAKE_A_BREAK: -0.05,
}  # fmt: skip


class Town:
    """What was written so far. `people` in all, some of them there from the first day on."""

    def __init__(self, people: int = 160, days: int = DAYS, seed: int = 7) -> None:
        self.chance, self.days, self._ids = Random(seed), days, 0
        self.begin = now().replace(hour=0, minute=5, second=0, microsecond=0)
        self.begin -= datetime.timedelta(days=days)
        self.people = self._settle(people)
        self.rows: defaultdict[type, list[Any]] = defaultdict(list)
        self.friends = self._befriend()
        for day in range(days + 1):
            self._live(day)
        for model in (Job, Output, Post, ServedPage, Engagement, NudgeTrial):
            model.objects.bulk_create(self.rows[model], batch_size=500)

    def _settle(self, people: int) -> list[User]:
        joined = [0 if n < people // 4 else self.chance.randrange(self.days) for n in range(people)]
        return User.objects.bulk_create(
            User(handle=f"town_{n}", date_joined=self._at(day, self.chance.randrange(600)),
                 birthdate=datetime.date(1990, 1, 1))
            for n, day in enumerate(joined)
        )  # fmt: skip

    def _at(self, day: int, minute: float) -> datetime.datetime:
        return self.begin + datetime.timedelta(days=day, minutes=minute)

    def _befriend(self) -> dict[int, list[int]]:
        near = defaultdict(list)
        for n, one in enumerate(self.people):
            for other in self.people[n + 1 : n + 4]:
                near[one.pk].append(other.pk)
                near[other.pk].append(one.pk)
        Follow.objects.bulk_create(
            Follow(follower_id=one, followed_id=other)
            for one, all_ in near.items()
            for other in all_
        )
        return near

    # --- a day ---
    def _live(self, day: int) -> None:
        until = now()
        for person in self.people:
            age = (self._at(day, 1430) - person.date_joined).days
            comes = age == 0 or self.chance.random() < 0.45 + 0.006 * day
            if age < 0 or not comes:
                continue
            start = person.date_joined if age == 0 else self._at(day, self.chance.randrange(1300))
            if start + datetime.timedelta(hours=1) < until:
                self._visit(person, start, day, first=age == 0)

    def _visit(self, person: User, at: datetime.datetime, day: int, first: bool) -> None:
        page = self._page(person, at, day)
        keen = 0.9 if first else 0.45 + 0.008 * day
        later = at + datetime.timedelta(minutes=self.chance.expovariate(1 / (8 if first else 25)))
        if self.chance.random() < keen:
            self._make(person, later, day)
        elif self.chance.random() < 0.8:
            self._nudge(person, page, at)

    def _page(self, person: User, at: datetime.datetime, day: int) -> ServedPage:
        friends, shown = set(self.friends[person.pk]), []
        for post in reversed(self.rows[Post][-90:]):
            likely = 0.55 + 0.013 * day if post.author_id in friends else 0.3
            if post.author_id != person.pk and post.made_at < at and self.chance.random() < likely:
                shown.append(post)
        for post in shown[:20]:
            post.impressions += 1
        page = ServedPage(viewer=person.pk, session="s", surface="home", at=at, policy="prior-1",
                          items=[post.pk for post in shown[:20]])  # fmt: skip
        self.rows[ServedPage].append(page)
        for post in shown[:20]:
            if self.chance.random() < 0.012 - 0.0002 * day:
                said = {"viewer": person.pk, "page": page, "item": post.pk, "at": at}
                hide = Engagement(client_event=uuid7(), kind=EventKind.HIDE, **said)
                self.rows[Engagement].append(hide)
        return page

    def _make(self, person: User, at: datetime.datetime, day: int) -> None:
        loud = person.handle.endswith("7") and self.chance.random() < 0.3
        for _ in range(6 if loud else 1):
            self._video(person, at, day)

    def _video(self, person: User, at: datetime.datetime, day: int) -> None:
        self._ids += 1
        worn = self.chance.random() < 0.3 - 0.006 * day
        prompt = (
            self.chance.choice(PROMPTS)
            if worn
            else f"{person.handle} {self.chance.getrandbits(64):x} {self._ids}"
        )
        job = Job(author=person, idempotency_key=str(self._ids), fingerprint="", prompt=prompt,
                  seed=1, width=64, height=64, seconds=1, state=JobState.DONE, made_at=at,
                  deadline_at=at)  # fmt: skip
        self.rows[Job].append(job)
        if self.chance.random() < 0.1:
            return
        output = Output(job=job, folder="town", sha256="", size=1, width=64, height=64, seconds=1,
                        made_at=at)  # fmt: skip
        output.down_id = str(output.pk)
        self.rows[Output].append(output)
        if self.chance.random() < 0.5 + 0.008 * day:
            self._post(person, output, at)

    def _post(self, person: User, output: Output, at: datetime.datetime) -> None:
        older = [post for post in self.rows[Post][-30:] if post.made_at < at]
        parent = self.chance.choice(older) if older and self.chance.random() < 0.45 else None
        pk = snowflake_at(at.timestamp()) + self._ids
        self.rows[Post].append(
            Post(pk=pk, down_id=str(pk), author=person, output=output, state=PostState.LIVE,
                 made_at=at, parent=parent, root=parent and (parent.root or parent),
                 depth=parent.depth + 1 if parent else 0, **told(output.job.prompt, "", ""))
        )  # fmt: skip

    def _nudge(self, person: User, page: ServedPage, at: datetime.datetime) -> None:
        arm = self.chance.choice(list(EFFECTS))
        chance = self.chance.uniform(0.2, 0.8)
        shown = self.chance.random() < chance
        made = self.chance.random() < 0.1 + EFFECTS[arm] * shown
        dismissed = shown and not made and self.chance.random() < 0.08
        self.rows[NudgeTrial].append(
            NudgeTrial(page=page.pk, viewer=person.pk, at=at,
                       ends_at=at + datetime.timedelta(minutes=10), arm=arm, shown=shown,
                       chance=chance, context=[1, self.chance.random(), 0.3, 0, 0], settled=True,
                       created=made, dismissed=dismissed, accepted=shown and made,
                       never=dismissed and self.chance.random() < 0.1,
                       regret=0.2 if dismissed else None, reward=made - 0.5 * dismissed)
        )  # fmt: skip

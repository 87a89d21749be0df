"""People, cameos, leaves, videos and remixes in any order: what may be seen is always what the
rules of lending, written down here once more in plain Python, say of that moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cameos import consent
from cameos import services as cameos
from cameos.errors import ConsentRequired, UnknownCameo
from cameos.models import Cameo, Consent, RuledOut
from cameos.models import leave as leaves_room
from cameos.states import Audience, Context, Surface
from feed import services as feed
from feed.errors import LeaveGone, TooWide
from feed.models import Post
from generation import casting, dispatch, services
from generation.models import CameoUse, Job, Output
from sora_social import audit, there_is
from sora_social.errors import NotFound
from sora_social.users import services as users
from sora_social.users.models import Block
from tests.cameos.making import active_cameo
from tests.generation.making import stored
from tests.people import person

pytestmark = pytest.mark.django_db
WHO = st.integers(0, 3)  # the first two lend, all of them make
LENDERS = st.integers(0, 1)
CONTEXTS = st.sets(st.sampled_from([Context.COMEDY, Context.ROMANCE]))
SURFACES = st.sets(st.sampled_from([Surface.FOLLOWERS, Surface.PUBLIC]))
STRETCH = {"public": Surface.PUBLIC, "followers": Surface.FOLLOWERS}
THINGS = ("big dog", "kite")
SOME = st.sets(st.sampled_from(THINGS))
ANY = frozenset([*Context, *Surface])


@dataclass
class Leave:
    row: Any
    lender: int
    holder: int
    granted: bool  # else it stands by itself
    contexts: frozenset = ANY
    surfaces: frozenset = ANY
    remixable: bool = True
    left: int | None = None
    over: bool = False


@dataclass
class Terms:
    audience: str = Audience.EVERYONE
    remix: str = Audience.EVERYONE
    contexts: frozenset = ANY
    surfaces: frozenset = ANY
    alteration: bool = True
    safety: frozenset = frozenset()  # of THINGS
    state: str = "active"
    closed: int | None = None  # ticks
    frozen: int | None = None


@dataclass
class Use:
    lender: int
    leave: Leave
    contexts: frozenset
    alters: bool
    inherited: bool
    at: int
    said: frozenset  # of THINGS


@dataclass
class Work:
    author: int
    output: Output
    uses: list[Use]
    contexts: frozenset
    said: frozenset
    wish: tuple[Any, ...]  # what `make` was called with
    parents: list[Work] = field(default_factory=list)
    post: Post | None = None
    audience: str = ""


class Lending(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.people = [person() for _ in range(4)]
        self.stranger = person()
        self.cameos = [active_cameo(owner, Audience.EVERYONE) for owner in self.people[:2]]
        self.terms, self.leaves, self.works = [Terms(), Terms()], list[Leave](), list[Work]()
        self.listed: dict[tuple[int, int], bool] = {}
        self.follows, self.blocks = set[tuple[int, int]](), set[tuple[int, int]]()
        self.tick = 0

    def teardown(self) -> None:
        audit.verify()
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize()
    def two_videos_and_a_remix(self):
        """Enough that any step that takes something away shows; the last stays a draft."""
        self.make(2, {0, 1}, {Context.COMEDY}, None, False, {"kite"})
        self.publish(0, "public")
        self.make(3, set(), set(), 0, False, set())
        self.publish(0, "followers")
        self.set_circles(1, Audience.APPROVED, Audience.APPROVED)
        self.grant(1, 3, {Context.COMEDY}, True, None)
        self.make(3, {1}, set(), None, False, {"big dog"})
        self.publish(0, "public")
        self.make(2, {0}, set(), None, False, set())

    # --- the rules once more ---

    def lets_in(self, lender: int, who: int, circle: str, *, approved: bool) -> bool:
        audience, listed = getattr(self.terms[lender], circle), self.listed.get((lender, who))
        if who == lender:
            return True
        if audience == Audience.ONLY_ME or listed is False:
            return False
        mutual = {(lender, who), (who, lender)} <= self.follows
        return (
            audience == Audience.EVERYONE
            or (audience == Audience.MUTUALS and mutual)
            or approved
            or bool(listed)
        )

    def is_live(self, leave: Leave) -> bool:
        lender, holder = leave.lender, leave.holder
        return (
            not leave.over
            and self.terms[lender].state == "active"
            and not {(lender, holder), (holder, lender)} & self.blocks
            and self.lets_in(lender, holder, "audience", approved=leave.granted)
        )

    def covers(self, leave: Leave, use: Use, surface: str | None = None) -> bool:
        terms, lender = self.terms[leave.lender], leave.lender
        if leave.holder == lender:
            return True
        seen = frozenset({surface} if surface else ())
        may_remix = (
            leave.remixable
            and (terms.frozen is None or use.at < terms.frozen)
            and self.lets_in(lender, leave.holder, "remix", approved=leave.granted)
        )
        return (
            use.contexts <= terms.contexts & leave.contexts
            and seen <= terms.surfaces & leave.surfaces
            and (terms.alteration or not use.alters)
            and (terms.closed is None or use.at < terms.closed)
            and (may_remix or not use.inherited)
            and not terms.safety & use.said
        )

    def is_clear(self, work: Work, surface: str | None = None) -> bool:
        return all(
            self.is_live(use.leave) and self.covers(use.leave, use, surface) for use in work.uses
        )

    def choose(self, author: int, use: Use) -> Leave | None:
        """The leave that a new video will stand on."""
        held = [x for x in self.leaves if (x.lender, x.holder) == (use.lender, author)]
        live = [leave for leave in held if self.is_live(leave)]
        terms = self.terms[use.lender]
        standing = Leave(None, use.lender, author, granted=False)
        open_ = terms.closed is None or author == use.lender
        if all(leave.granted for leave in live) and open_ and self.is_live(standing):
            live.append(standing)
        return next((leave for leave in live if leave.left != 0 and self.covers(leave, use)), None)

    # --- lending ---

    @rule(lender=LENDERS, audience=st.sampled_from(Audience), remix=st.sampled_from(Audience))
    def set_circles(self, lender, audience, remix):
        self.change(lender, audience=audience, remix=remix)

    @rule(lender=LENDERS, contexts=CONTEXTS, surfaces=SURFACES, alteration=st.booleans())
    def set_scope(self, lender, contexts, surfaces, alteration):
        self.change(
            lender,
            contexts=frozenset(contexts),
            surfaces=frozenset(surfaces),
            alteration=alteration,
        )

    @rule(lender=LENDERS, things=SOME)
    def set_safety(self, lender, things):
        words = ", ".join(f"no {thing}s" for thing in sorted(things))
        self.change(lender, safety=words)
        self.terms[lender].safety = frozenset(things)

    def change(self, lender, **terms):
        if self.terms[lender].state != "revoked":
            cameos.set_terms(self.cameos[lender], **terms)
            for name, value in terms.items():
                setattr(self.terms[lender], name, value)

    @rule(lender=LENDERS, how=st.sampled_from(["close", "close", "freeze", "reopen"]))
    def close_or_freeze(self, lender, how):
        if self.terms[lender].state == "revoked":
            return
        self.tick += 1
        getattr(cameos, how)(self.cameos[lender])
        if how == "reopen":
            self.terms[lender].closed = self.terms[lender].frozen = None
        else:
            setattr(self.terms[lender], {"close": "closed", "freeze": "frozen"}[how], self.tick)
        for work in self.works[:6]:
            self.make(work.author, *work.wish)

    @rule(lender=LENDERS, who=WHO, allowed=st.none() | st.booleans())
    def list_somebody(self, lender, who, allowed):
        apart = {(lender, who), (who, lender)} & self.blocks
        if who == lender or self.terms[lender].state == "revoked" or apart:
            return
        if allowed is not None:
            cameos.enlist(self.cameos[lender], self.people[who].handle, allowed=allowed)
            self.listed[lender, who] = allowed
        elif self.listed.pop((lender, who), None) is not None:
            cameos.delist(self.cameos[lender], self.people[who].handle)

    @rule(
        lender=LENDERS,
        who=WHO,
        contexts=CONTEXTS,
        remixable=st.booleans(),
        left=st.sampled_from([None, 1]),
    )
    def grant(self, lender, who, contexts, remixable, left):
        terms, apart = self.terms[lender], {(lender, who), (who, lender)} & self.blocks
        has = any(
            (leave.lender, leave.holder, leave.granted) == (lender, who, True) and not leave.over
            for leave in self.leaves
        )
        if who == lender or terms.state != "active" or terms.audience == "only_me" or apart or has:
            return
        within = frozenset(contexts) & terms.contexts
        asked = cameos.request_leave(self.people[who], self.cameos[lender])
        row = cameos.grant(
            asked, self.people[lender], contexts=within, remixable=remixable, uses_left=left
        )
        self.leaves.append(Leave(row, lender, who, True, within, remixable=remixable, left=left))

    @precondition(lambda self: any(not leave.over for leave in self.leaves))
    @rule(which=st.integers(0, 9), how=st.sampled_from(["revoke", "expire", "expire, unswept"]))
    def end_a_leave(self, which, how):
        standing = [leave for leave in self.leaves if not leave.over]
        leave = standing[which % len(standing)]
        if leave.holder == leave.lender or (how != "revoke" and not leave.granted):
            return  # what stands by itself has no end of its own
        if how == "revoke":
            cameos.revoke_leave(Consent.objects.get(pk=leave.row.pk), self.people[leave.lender])
        else:
            rows = Consent.objects.filter(pk=leave.row.pk)
            rows.update(expires_at=Now() - timedelta(seconds=1))
            if how == "expire":
                cameos.expire_leaves()
        leave.over = True

    @rule(lender=LENDERS, for_good=st.sampled_from([False] * 5 + [True]))
    def pause_resume_or_revoke(self, lender, for_good):
        terms, cameo = self.terms[lender], Cameo.objects.get(pk=self.cameos[lender].pk)
        if terms.state == "revoked":
            return
        if for_good:
            cameos.revoke(cameo)
            terms.state = "revoked"
            for leave in self.leaves:
                leave.over = leave.over or leave.lender == lender
        else:
            terms.state = "paused" if terms.state == "active" else "active"
            (cameos.pause if terms.state == "paused" else cameos.resume)(cameo)

    @rule(
        one=WHO,
        other=WHO,
        what=st.sampled_from(["follow", "follow", "unfollow", "block", "block", "unblock"]),
    )
    def meet_or_part(self, one, other, what):
        apart = {(one, other), (other, one)} & self.blocks
        if one == other or (what == "follow" and apart):
            return
        getattr(users, what)(self.people[one], self.people[other])
        pair = (one, other)
        {"follow": self.follows.add, "unfollow": self.follows.discard,
         "block": self.blocks.add, "unblock": self.blocks.discard}[what](pair)  # fmt: skip
        if what == "block":
            self.follows -= {(one, other), (other, one)}

    # --- making ---

    @rule(
        author=WHO,
        named=st.sets(LENDERS),
        contexts=CONTEXTS,
        source=st.none() | st.integers(0, 9),
        styled=st.booleans(),
        things=SOME,
    )
    def make(self, author, named, contexts, source, styled, things):
        parent = self.works[source % len(self.works)] if source is not None and self.works else None
        wanted = self.wanted(author, named, contexts, parent, styled, things)
        may = wanted is not None and (parent is None or self.is_clear(parent))
        people = (f"@{self.cameos[lender].handle}" for lender in sorted(named))
        prompt = " ".join(["a walk with a", *sorted(things), *people])
        more = {"source": parent.output} if parent else {}
        try:
            job = services.submit(
                self.people[author], key=f"key-{self.tick}-{len(self.works)}-{Job.objects.count()}",
                prompt=prompt, contexts=tuple(contexts), style="noir" if styled else "", **more,
            )  # fmt: skip
        except (ConsentRequired, UnknownCameo, NotFound):
            assert not may
            return
        assert may
        self.keep(author, job, wanted, parent, (named, contexts, source, styled, things))

    @precondition(lambda self: self.works)
    @rule(which=st.integers(0, 9))
    def make_once_more(self, which):
        """What was allowed before is the likeliest to show what has changed since."""
        work = self.works[which % len(self.works)]
        self.make(work.author, *work.wish)

    def wanted(self, author, named, contexts, parent, styled, things) -> list[Use] | None:
        """The uses that this comes to, each with its leave; None where somebody says no."""
        self.tick += 1
        inherited = [use.lender for use in parent.uses] if parent else []
        about = frozenset(contexts) | (parent.contexts if parent else frozenset())
        said = frozenset(things) | (parent.said if parent else frozenset())
        uses = []
        for lender in dict.fromkeys([*sorted(named), *inherited]):
            came = lender in inherited
            use = Use(lender, None, about, styled or parent is not None, came, self.tick, said)
            use.leave = self.choose(author, use)
            if use.leave is None:
                return None
            uses.append(use)
        return uses

    def keep(self, author, job, wanted, parent, wish):
        token = dispatch.claim(job.pk)
        assert dispatch.finish(job.pk, token, stored(job.pk, token)) == "done"
        rows = {use.cameo_id: use.consent for use in CameoUse.objects.filter(job=job)}
        assert set(rows) == {self.cameos[use.lender].pk for use in wanted}
        for use in wanted:
            row = rows[self.cameos[use.lender].pk]
            if use.leave.row is None:
                use.leave.row = row
                self.leaves.append(use.leave)
            assert use.leave.row.pk == row.pk
            if use.leave.left is not None:
                use.leave.left -= 1
        about = frozenset(job.contexts)
        parents = [parent] if parent else []
        said = frozenset(wish[-1]).union(*(old.said for old in parents))
        self.works.append(Work(author, job.outputs.get(), wanted, about, said, wish, parents))

    @precondition(lambda self: self.works)
    @rule(which=st.integers(0, 9), audience=st.sampled_from(["public", "followers"]))
    def publish(self, which, audience):
        drafts = [work for work in self.works if work.post is None]
        if not drafts:
            return
        work = drafts[which % len(drafts)]
        may = self.is_clear(work, STRETCH[audience]) and self.is_clear(work)
        try:
            post = feed.publish(self.people[work.author], work.output.pk, "", audience)
        except LeaveGone:
            assert not may
        except TooWide:
            assert any(parent.audience == "followers" for parent in self.ancestors(work))
        else:
            assert may
            work.post, work.audience = post, audience

    def ancestors(self, work: Work) -> list[Work]:
        return [*work.parents, *(old for parent in work.parents for old in self.ancestors(parent))]

    # --- promises ---

    @invariant()
    def nothing_reaches_anybody_without_everybodys_leave(self):
        posted = [work for work in self.works if work.post]
        clear = {work.post.pk for work in posted if self.is_clear(work, STRETCH[work.audience])}
        assert set(Post.objects.cleared().values_list("pk", flat=True)) == clear
        drafts = {work.output.pk for work in self.works if self.is_clear(work)}
        assert set(Output.objects.cleared().values_list("pk", flat=True)) == drafts

    @invariant()
    def everybody_in_what_it_is_made_from_is_in_it(self):
        for work in self.works:
            people = {use.lender for use in work.uses}
            assert all({use.lender for use in old.uses} <= people for old in self.ancestors(work))
            assert all(old.contexts <= work.contexts for old in self.ancestors(work))

    @invariant()
    def nobody_sees_what_is_not_theirs_to_see(self):
        for viewer in (self.stranger, self.people[3]):
            seen = set(Post.objects.visible_to(viewer).values_list("pk", flat=True))
            assert seen <= set(Post.objects.cleared().values_list("pk", flat=True))


def run(examples: int, steps: int) -> None:
    with override_settings(FREE_DAILY_CREDITS=100_000):
        run_state_machine_as_test(
            Lending,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_lending_keeps_its_promises():
    run(examples=4, steps=25)


@pytest.mark.long
def test_lending_keeps_its_promises_whatever_happens():
    run(examples=50, steps=40)


def everything(*_: object) -> Q:
    return Q(pk__isnull=False)


FAULTS = {  # what is broken, and where; the last is asked of the rows and of the terms
    "blocks are not asked": [(leaves_room, "_blocks_between", lambda: Block.objects.none())],
    "audiences and lists are not asked": [(leaves_room, "_lets_in", everything)],
    "contexts and surfaces are not asked": [(leaves_room, "_bits_within", everything)],
    "safety instructions are not asked": [
        (leaves_room, "_clauses_spoken_of", lambda: RuledOut.objects.none())
    ],
    "a remix forgets who was in its source": [(casting, "_inherited", lambda sources: [])],
    "what closed or froze stays open": [
        (leaves_room, "_before", everything),
        (consent, "_over", lambda end, now: False),
    ],
}


@pytest.fixture
def written_anew():
    """The question for leave is put into SQL once: here before the test and after it."""
    there_is._written.cache_clear()
    yield
    there_is._written.cache_clear()


@pytest.mark.long
@pytest.mark.once
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(fault, monkeypatch, written_anew):
    for broken in FAULTS[fault]:
        monkeypatch.setattr(*broken)
    with pytest.raises(AssertionError):
        run(examples=150, steps=30)  # ends when it is caught

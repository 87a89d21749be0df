"""The lattice of permissions: pure functions, no rows.

A policy says how far a likeness may go. What is made of several likenesses, or of earlier works,
may go only as far as all of them allow: their meet. For every use, the meet says yes exactly where
both of its parts do; so nothing that is made of something can ever reach further than it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import TypeVar

from cameos.states import Audience, Context, Rule, Surface
from cameos.wording import tells

WIDTH = {audience: width for width, audience in enumerate(Audience)}
EVERY_CONTEXT, EVERY_SURFACE = frozenset(Context), frozenset(Surface)
Words = frozenset[str]
Bound = TypeVar("Bound", int, datetime)


@dataclass(frozen=True)
class Tie:
    """What a person is to an owner: given leave, mutually following."""

    approved: bool = False
    mutual: bool = False


@dataclass(frozen=True)
class Circle:
    """The people whom an owner lets in: an audience, and exceptions by their numbers."""

    owner: int
    audience: Audience = Audience.ONLY_ME
    allow: frozenset[int] = frozenset()
    deny: frozenset[int] = frozenset()

    def holds(self, person: int, tie: Tie) -> bool:
        """Is the person in it? Whoever is denied is not, and an owner always is."""
        if person == self.owner:
            return True
        if person in self.deny or self.audience == Audience.ONLY_ME:
            return False
        wide_enough = self.audience == Audience.EVERYONE
        mutual = self.audience == Audience.MUTUALS and tie.mutual
        return wide_enough or mutual or tie.approved or person in self.allow


@dataclass(frozen=True)
class Use:
    """What somebody is about to do with a likeness."""

    person: int
    at: datetime
    since: datetime  # when it was first asked for
    contexts: Words = frozenset()
    surfaces: Words = frozenset()
    alters: bool = False  # the appearance
    speaks: bool = False  # with the person's voice
    remixes: bool = False  # it comes from a work that the likeness is in
    before: int = 0  # how many uses there were
    said: Words = frozenset()  # the telling words of what is to be seen


Ties = Callable[[int, int], Tie]  # (owner, person) -> what they are to each other


@dataclass(frozen=True)
class Policy:
    """How far a likeness may go. Without arguments: into drafts of everyday life, once someone has
    said by circles who may make them."""

    users: frozenset[Circle] = frozenset()  # who is in all of them may use it
    remixers: frozenset[Circle] = frozenset()  # and, to remix, in all of these
    contexts: Words = frozenset()
    surfaces: Words = frozenset()
    alteration: bool = False
    voice: bool = False
    remixable: bool = False
    count: int | None = None  # None: without end
    expires_at: datetime | None = None  # None: no end
    closed_at: datetime | None = None  # what is asked for from then on is refused
    frozen_at: datetime | None = None  # and the same of remixes alone
    instructions: Words = frozenset()  # go into the prompt, all of them
    safety: Words = frozenset()  # what may not come up; only ever more


OPEN = Policy(  # the top: meeting it changes nothing
    contexts=EVERY_CONTEXT, surfaces=EVERY_SURFACE, alteration=True, voice=True, remixable=True
)


def meet(a: Policy, b: Policy) -> Policy:
    """The widest policy that is no wider than either."""
    return Policy(
        users=a.users | b.users,
        remixers=a.remixers | b.remixers,
        contexts=a.contexts & b.contexts,
        surfaces=a.surfaces & b.surfaces,
        alteration=a.alteration and b.alteration,
        voice=a.voice and b.voice,
        remixable=a.remixable and b.remixable,
        count=_less(a.count, b.count),
        expires_at=_less(a.expires_at, b.expires_at),
        closed_at=_less(a.closed_at, b.closed_at),
        frozen_at=_less(a.frozen_at, b.frozen_at),
        instructions=a.instructions | b.instructions,
        safety=a.safety | b.safety,
    )


def meet_all(policies: Iterable[Policy]) -> Policy:
    """The meet of any number; of none, everything is allowed."""
    return reduce(meet, policies, OPEN)


def within(narrow: Policy, wide: Policy) -> bool:
    """Does `narrow` allow nothing that `wide` does not?"""
    return meet(narrow, wide) == narrow


def refusals(policy: Policy, use: Use, ties: Ties) -> Iterator[Rule]:
    """Every rule of the policy that says no to a use, in the order of `Rule`."""
    if not _let_in(policy.users, use, ties):
        yield Rule.PERSON
    if _over(policy.closed_at, use.since):
        yield Rule.CLOSED
    if use.remixes and not _may_be_remixed(policy, use, ties):
        yield Rule.REMIX
    if _over(policy.expires_at, use.at):
        yield Rule.EXPIRED
    if policy.count is not None and use.before >= policy.count:
        yield Rule.COUNT
    if not use.contexts <= policy.contexts:
        yield Rule.CONTEXT
    if not use.surfaces <= policy.surfaces:
        yield Rule.SURFACE
    if use.alters and not policy.alteration:
        yield Rule.ALTERATION
    if use.speaks and not policy.voice:
        yield Rule.VOICE
    if any(tells(use.said, of=clause) for clause in policy.safety):
        yield Rule.SAFETY


def allows(policy: Policy, use: Use, ties: Ties) -> bool:
    """Does no rule say no?"""
    return next(refusals(policy, use, ties), None) is None


def narrows(before: Audience, after: Audience) -> bool:
    return WIDTH[after] < WIDTH[before]


def _let_in(circles: frozenset[Circle], use: Use, ties: Ties) -> bool:
    return all(circle.holds(use.person, ties(circle.owner, use.person)) for circle in circles)


def _may_be_remixed(policy: Policy, use: Use, ties: Ties) -> bool:
    frozen = _over(policy.frozen_at, use.since)
    return policy.remixable and not frozen and _let_in(policy.remixers, use, ties)


def _over(end: datetime | None, now: datetime) -> bool:
    return end is not None and now >= end


def _less(a: Bound | None, b: Bound | None) -> Bound | None:
    return min((end for end in (a, b) if end is not None), default=None)

"""The lattice of permissions: pure functions, no rows.

A policy says how far a likeness may go. What is made of several likenesses, or of earlier works,
may go only as far as all of them allow: their meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from cameos.states import Audience

WIDTH = {audience: width for width, audience in enumerate(Audience)}


@dataclass(frozen=True)
class Policy:
    """Who may use it, whether others may remix it, and until when (None: no end)."""

    audience: Audience = Audience.ONLY_ME
    remixable: bool = False
    expires_at: datetime | None = None


OPEN = Policy(Audience.EVERYONE, remixable=True)  # the top: meeting it changes nothing


def meet(a: Policy, b: Policy) -> Policy:
    """The widest policy that is no wider than either."""
    return Policy(
        audience=min(a.audience, b.audience, key=WIDTH.__getitem__),
        remixable=a.remixable and b.remixable,
        expires_at=_sooner(a.expires_at, b.expires_at),
    )


def meet_all(policies: Iterable[Policy]) -> Policy:
    """The meet of any number; of none, everything is allowed."""
    return reduce(meet, policies, OPEN)


def within(narrow: Policy, wide: Policy) -> bool:
    """Does `narrow` allow nothing that `wide` does not?"""
    return meet(narrow, wide) == narrow


def narrows(before: Audience, after: Audience) -> bool:
    return WIDTH[after] < WIDTH[before]


def _sooner(a: datetime | None, b: datetime | None) -> datetime | None:
    return min((end for end in (a, b) if end), default=None)

"""What the rooms bring to the moderators' desk: whose a subject is, exhibits, what follows.

Moderation knows subjects by name alone. The room that knows one registers here, when it starts,
whose it is, what there is to see of it and what a decision does besides taking it down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sora_social.moderation.models import Case
    from sora_social.users.models import User

Box = tuple[float, float, float, float]  # left, top, right, bottom; shares of the picture's sides


@dataclass(frozen=True)
class Picture:
    """One picture to look at, with what was found in it."""

    url: str  # served to moderators alone
    caption: str
    boxes: tuple[Box, ...] = ()

    @property
    def rectangles(self) -> list[tuple[str, ...]]:
        """The boxes as SVG has them: left, top, width, height; in any locale."""
        return [
            tuple(f"{share:.4f}" for share in (left, top, right - left, bottom - top))
            for left, top, right, bottom in self.boxes
        ]


@dataclass(frozen=True)
class Exhibit:
    """Pictures side by side, and lines of text in order, under one title."""

    title: str
    pictures: tuple[Picture, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()  # when or what, and what there is to say
    style: str = ""  # timeline | tree: how the lines are drawn


@dataclass(frozen=True)
class Parties:
    """Whose a subject is, and who else has a part in it; numbers of people."""

    owner: int | None = None  # a decision against it goes against them
    others: frozenset[int] = frozenset()

    @property
    def everybody(self) -> frozenset[int]:
        return self.others | ({self.owner} if self.owner is not None else frozenset())


Shows = Callable[["Case"], Iterator[Exhibit]]
Follows = Callable[["Case", "User"], None]
Owns = Callable[[str, Mapping[str, Any]], Parties]  # a subject's id, and the facts of the case
Bars = Callable[["Case"], None]
_shows: dict[str, list[Shows]] = {}
_follows: dict[str, list[Follows]] = {}
_owns: dict[str, Owns] = {}
_bars: dict[str, Bars] = {}


def shows(subject: str) -> Callable[[Shows], Shows]:
    """Register what brings exhibits to every case about such a subject."""

    def register(bring: Shows) -> Shows:
        _shows.setdefault(subject, []).append(bring)
        return bring

    return register


def follows(kind: str) -> Callable[[Follows], Follows]:
    """Register what a decision on a case of such a kind does, in the decision's transaction."""

    def register(act: Follows) -> Follows:
        _follows.setdefault(kind, []).append(act)
        return act

    return register


def owns(subject: str) -> Callable[[Owns], Owns]:
    """Register what says whose such a subject is."""

    def register(say: Owns) -> Owns:
        _owns[subject] = say
        return say

    return register


def bars(subject: str) -> Callable[[Bars], Bars]:
    """Register what sees to it that the file of such a subject is down and may not come back."""

    def register(act: Bars) -> Bars:
        _bars[subject] = act
        return act

    return register


def bar(case: Case) -> None:
    """See to it, where the subject has a file; within the transaction that takes it down."""
    if act := _bars.get(case.subject):
        act(case)


def exhibits(case: Case) -> list[Exhibit]:
    """All there is to see of a case."""
    return [exhibit for bring in _shows.get(case.subject, []) for exhibit in bring(case)]


def follow(case: Case, moderator: User) -> None:
    """Do what follows the decision on a case."""
    for act in _follows.get(case.kind, []):
        act(case, moderator)


def parties(subject: str, subject_id: str, facts: Mapping[str, Any] | None = None) -> Parties:
    """Whose a subject is; nobody's when there is nothing left of it."""
    say = _owns.get(subject)
    return say(subject_id, facts or {}) if say else Parties()

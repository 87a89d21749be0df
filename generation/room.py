"""How many jobs may wait or run at once: of one person, and of one of their keys or apps."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, QuerySet

from generation.errors import TooManyJobs
from generation.models import Job
from generation.plans import Plan, plan_of
from generation.turns import turn_after
from sora_social.prepared import PreparedRow, as_number
from sora_social.users.models import User


class Room(NamedTuple):
    """A person's plan, and the jobs of theirs that wait or run."""

    plan: Plan
    open: int
    of_key: int  # of these, by the key that is asked for
    last: float  # the turn of the last; 0 where there is none
    via: str = ""

    @property
    def refusal(self) -> TooManyJobs | None:
        """Why there is no room for one more."""
        if self.open >= self.plan.at_once:
            return TooManyJobs(at_most=self.plan.at_once)
        if self.via and self.of_key >= self.plan.of_a_key:
            return TooManyJobs(at_most=self.plan.of_a_key, of="key")
        return None

    def turn(self, cost: int) -> float:
        """The turn of one more job, wished now."""
        return turn_after(self.last, cost, self.plan.weight)


def room_of(author: User, via: str = "") -> Room:
    """What the author has open, also by this key. Exact once the author's account is locked."""
    many, of_key, last = OPEN.of(str(author.pk), via) or (0, 0, 0.0)
    return Room(plan_of(author.pk), many, of_key, last, via)


def _open(author: str, via: str) -> QuerySet[Any, Any]:
    """How many, how many by the key, and the last turn; no row where nothing is open."""
    own = Job.objects.open().filter(author=as_number(author)).values("author")
    of_key = Count("pk", filter=Q(via=via))
    counted = own.annotate(many=Count("pk"), of_key=of_key, last=Max("turn"))
    return counted.values_list("many", "of_key", "last")


OPEN = PreparedRow(_open)


def room_for(author: User, via: str = "") -> Room:
    """The same, if one more job fits in: of any number of submits at once no more get in than fit,
    for the author's account is locked. Raises TooManyJobs."""
    room = room_of(author, via)
    if no := room.refusal:
        raise no
    return room

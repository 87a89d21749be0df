"""What people may have: plans are data, and which one a person has is a row."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from generation.models import Subscription
from sora_social.prepared import PreparedRow, as_number
from sora_social.remembering import Remembered
from sora_social.users.models import User

FILE = Path(__file__).with_name("plans.toml")
FREE = "free"
Term = tuple[str, datetime, datetime | None]  # plan, since, until


@dataclass(frozen=True)
class Plan:
    """What a plan gives: credits a day, jobs at once, requests a minute, weight in the queue."""

    name: str
    of_a_key: int
    weight: float
    daily: int = 0
    at_once: int = 0
    requests: int = 0  # as the settings say
    unmarked: bool = False  # no words on pictures of which nobody else is


def plan_of(person: int) -> Plan:
    """The plan that a person has now, read anew."""
    return plan_named(_in_force(_terms_of(person)))


def remembered_plan_of(person: int) -> Plan:
    """The same without a query, for what every request asks."""
    return plan_named(_in_force(_remembered.of(person)))


def requests_of(person: int) -> int:
    """Requests a minute; 0: as the settings say."""
    return remembered_plan_of(person).requests


def plan_named(name: str) -> Plan:
    """A plan of the file; of one that is no more in it, what everybody has."""
    plan = plans().get(name, plans()[FREE])
    if plan.name != FREE:
        return plan
    daily, at_once = settings.FREE_DAILY_CREDITS, settings.JOBS_AT_ONCE
    return replace(plan, daily=daily, at_once=at_once)


@cache
def plans() -> dict[str, Plan]:
    """Every plan of the file, by name."""
    return {name: Plan(name, **gives) for name, gives in tomllib.loads(FILE.read_text()).items()}


@transaction.atomic
def subscribe(
    person: User, plan: str, since: datetime | None = None, until: datetime | None = None
) -> Subscription:
    """Give a person a plan. Raises ValueError for a plan that there is not."""
    if plan not in plans():
        raise ValueError(f"no such plan: {plan}; there are {', '.join(plans())}")
    begun = Subscription.objects.create(person=person, plan=plan, since=since or now(), until=until)
    changed(person.pk)
    return begun


def changed(person: int) -> None:
    """A subscription was made, changed or ended by somebody else."""
    _remembered.forget(person)


def _terms_of(person: int) -> list[Term]:
    """Later begun first."""
    return [(plan, since, until) for plan, since, until in TERMS.all(str(person))]


def _terms(person: str) -> QuerySet[Any, Any]:
    found = Subscription.objects.filter(person=as_number(person)).order_by("-since", "-pk")
    return found.values_list("plan", "since", "until")


TERMS = PreparedRow(_terms)


def _in_force(terms: list[Term]) -> str:
    at = now()
    live = (plan for plan, since, until in terms if since <= at and (until is None or at < until))
    return next(live, FREE)


_remembered = Remembered("plan", _terms_of)

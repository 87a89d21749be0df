"""Credits move only in a ledger: reserved at submit, settled or released exactly once."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from generation.errors import NotEnoughCredits
from generation.models import Account, EntryKind, Job, LedgerEntry, Output
from generation.states import ENDED, JobState, Task, Tier
from sora_social.users.models import User


class Price(NamedTuple):
    """What one variant costs: so many credits for each `seconds` begun, or for the whole."""

    what: str
    credits: int
    seconds: float | None


PRICES = {
    price.what: price
    for price in (
        Price("still", 1, None),
        Price(Task.STITCH.value, 1, None),
        Price(Tier.PREVIEW.value, 1, None),
        Price(Tier.DRAFT.value, 1, 5.0),
        Price(Tier.STANDARD.value, 1, 2.5),
        Price(Tier.HIGH.value, 2, 2.5),
    )
}


def price_of(task: str, tier: str, seconds: float, variants: int, *, still: bool) -> int:
    """What a job costs; `seconds` are those that are made anew."""
    price = PRICES["still" if still else task if task in PRICES else tier]
    begun = math.ceil(round(seconds / price.seconds, 3)) if price.seconds else 1
    return price.credits * max(begun, 1) * variants


@transaction.atomic
def account_of(user: User) -> Account:
    """The person's account, locked until the commit, with today's free credits in it."""
    Account.objects.get_or_create(pk=user.pk)
    account = Account.objects.select_for_update().get(pk=user.pk)
    _top_up(account, datetime.now(UTC).date())
    return account


def _top_up(account: Account, day: date) -> None:
    """Once a UTC day fill up to the quota; what is left of yesterday counts."""
    if LedgerEntry.objects.filter(account=account, kind=EntryKind.GRANT, day=day).exists():
        return
    lacking = max(0, settings.FREE_DAILY_CREDITS - account.available)
    LedgerEntry.objects.create(account=account, kind=EntryKind.GRANT, amount=lacking, day=day)
    _move(account.pk, available=lacking)
    account.refresh_from_db()


def reserve(job: Job) -> None:
    """Set the job's cost aside. Raises NotEnoughCredits."""
    enough = Account.objects.filter(pk=job.author_id, available__gte=job.cost)
    if not enough.update(available=F("available") - job.cost, reserved=F("reserved") + job.cost):
        available = Account.objects.get(pk=job.author_id).available
        raise NotEnoughCredits(available=available, cost=job.cost)
    _enter(job, EntryKind.RESERVE)


def settle(job: Job) -> None:
    """The job became a video: what was reserved is spent."""
    _enter(job, EntryKind.SETTLE)
    _move(job.author_id, reserved=-job.cost, spent=job.cost)


def release(job: Job) -> None:
    """The job became nothing: what was reserved comes back."""
    _enter(job, EntryKind.RELEASE)
    _move(job.author_id, reserved=-job.cost, available=job.cost)


def _enter(job: Job, kind: EntryKind) -> None:
    LedgerEntry.objects.create(account_id=job.author_id, job=job, kind=kind, amount=job.cost)


def _move(account: int, **by: int) -> None:
    changes = {name: F(name) + amount for name, amount in by.items()}
    Account.objects.filter(pk=account).update(**changes)


class Finding(NamedTuple):
    """A row that does not agree with the ledger."""

    what: str
    whose: str


def reconcile() -> list[Finding]:
    """Compare every account with its entries, and every job with its own. Nothing is repaired."""
    return [*_accounts_that_differ(), *_jobs_that_differ()]


def _accounts_that_differ() -> list[Finding]:
    def total(*kinds: EntryKind) -> Coalesce:
        return Coalesce(Sum("entries__amount", filter=Q(entries__kind__in=kinds)), 0)

    ledger = Account.objects.annotate(
        granted=total(EntryKind.GRANT),
        set_aside=total(EntryKind.RESERVE),
        settled=total(EntryKind.SETTLE),
        given_back=total(EntryKind.RELEASE),
    )
    agree = Q(
        available=F("granted") - F("set_aside") + F("given_back"),
        reserved=F("set_aside") - F("settled") - F("given_back"),
        spent=F("settled"),
    )
    return [Finding("account", str(pk)) for pk in _not(ledger, agree)]


def _jobs_that_differ() -> list[Finding]:
    """One reserve; no close while open; a settle when done, else a release and no output."""

    def count(*kinds: EntryKind) -> Count:
        return Count("entries", filter=Q(entries__kind__in=kinds))

    jobs = Job.objects.annotate(
        reserves=count(EntryKind.RESERVE),
        settles=count(EntryKind.SETTLE),
        releases=count(EntryKind.RELEASE),
        shown=Exists(Output.objects.filter(job=OuterRef("pk"))),
    )
    done, ended = Q(state=JobState.DONE), Q(state__in=ENDED)
    agree = Q(reserves=1) & (
        done & Q(settles=1, releases=0)
        | ended & ~done & Q(settles=0, releases=1, shown=False)
        | ~ended & Q(settles=0, releases=0, shown=False)
    )
    return [Finding("job", str(pk)) for pk in _not(jobs, agree)]


def _not(rows, agree: Q) -> list[object]:  # type: ignore[no-untyped-def]
    """Rows outside of `agree`; unlike ~Q it counts a NULL as disagreement."""
    right = rows.filter(agree).values("pk")
    return list(rows.model.objects.exclude(pk__in=right).values_list("pk", flat=True))

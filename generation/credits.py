"""Credits move only in a ledger: reserved at submit, settled or released exactly once."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, cast

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from generation import lots
from generation.errors import NotEnoughCredits
from generation.models import Account, EntryKind, Job, LedgerEntry
from generation.plans import plan_of
from generation.states import Task, Tier
from sora_social.changes import changing
from sora_social.prepared import (
    PreparedRow,
    Text,
    as_number,
    columns_of,
    insert,
    models_in,
)
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


@transaction.atomic(savepoint=False)
def account_of(user: User) -> Account:
    """The person's account, locked until the commit: what is too old is out of it, and today's
    free credits are in it."""
    account = _locked(user.pk)
    if account.in_lots:
        lots.expire_of(user.pk)
    day = datetime.now(UTC).date()
    if account.filled_on != day:
        _top_up(user.pk, day)
    return _locked(user.pk) if account.in_lots or account.filled_on != day else account


def _locked(person: int) -> Account:
    while (row := LOCKED.of(str(person))) is None:
        Account.objects.get_or_create(pk=person)
    (account,) = models_in(row, Account)
    account.at = row[-1]
    return cast(Account, account)


def _to_be_locked(person: str) -> QuerySet[Any, Any]:
    own = Account.objects.select_for_update().filter(pk=as_number(person))
    return own.values_list(*columns_of(Account), Now())


LOCKED = PreparedRow(_to_be_locked)


def _top_up(person: int, day: date) -> None:
    """Once a UTC day fill up to the quota; what is left of yesterday counts, lots do not."""
    if not LedgerEntry.objects.filter(account=person, kind=EntryKind.GRANT, day=day).exists():
        own = Account.objects.get(pk=person)
        lacking = max(0, plan_of(person).daily - (own.available - own.in_lots))
        LedgerEntry.objects.create(account_id=person, kind=EntryKind.GRANT, amount=lacking, day=day)
        _move(person, available=lacking)
    Account.objects.filter(pk=person).update(filled_on=day)


def reserve(job: Job, account: Account) -> None:
    """Set the job's cost aside, out of its author's account, locked. Raises NotEnoughCredits."""
    if account.available < job.cost:
        raise NotEnoughCredits(available=account.available, cost=job.cost)
    out_of_lots = lots.take(job, account) if account.in_lots else 0
    _move(account.pk, available=-job.cost, in_lots=-out_of_lots, reserved=job.cost)
    _enter(job, EntryKind.RESERVE)


def settle(job: Job) -> None:
    """The job became a video: what was reserved is spent."""
    _enter(job, EntryKind.SETTLE)
    _move(job.author_id, reserved=-job.cost, spent=job.cost)


def release(job: Job) -> None:
    """The job became nothing: what was reserved comes back, each credit to its lot. Where the lot
    has ended meanwhile, it expires at once."""
    _enter(job, EntryKind.RELEASE)
    uses = list(job.lot_uses.all())
    back = sum(use.amount for use in uses)
    _move(job.author_id, reserved=-job.cost, available=job.cost, in_lots=back)
    if uses:
        lots.put_back(uses)
        lots.expire_of(job.author_id)


def _enter(job: Job, kind: EntryKind) -> None:
    insert(LedgerEntry(account_id=job.author_id, job=job, kind=kind, amount=job.cost))


def _move(account: int, **by: int) -> None:
    MOVED.of(str(account), *(str(by.get(name, 0)) for name in MOVING))


def _moved(account: str, *by: str) -> Text:
    changes = {name: F(name) + as_number(amount) for name, amount in zip(MOVING, by, strict=True)}
    return changing(Account.objects.filter(pk=as_number(account)), **changes)


MOVING = ("available", "in_lots", "reserved", "spent")
MOVED = PreparedRow(_moved)

"""Packs of credits: what expires first is spent first, and each credit goes back to its own lot.

Whatever changes a lot has its account locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.timezone import now

from generation.models import Account, EntryKind, Job, LedgerEntry, Lot, LotUse
from sora_social import audit
from sora_social.prepared import PreparedRow, as_number, columns_of, models_in
from sora_social.users.models import User

LARGEST, LONGEST_DAYS, LONGEST_NOTE = 1_000_000, 3_650, 200


@transaction.atomic
def grant(
    person: User, amount: int, days: int | None = None, note: str = "", by: int | None = None
) -> Lot:
    """Give a person a pack of 1 to LARGEST credits, for 1 to LONGEST_DAYS days or for good.

    Raises ValueError, naming what is wrong.
    """
    _check(amount, days, note)
    Account.objects.get_or_create(pk=person.pk)
    Account.objects.select_for_update().get(pk=person.pk)
    end = now() + timedelta(days=days) if days else None
    lot = Lot.objects.create(
        account_id=person.pk, amount=amount, left=amount, note=note, expires_at=end
    )
    LedgerEntry.objects.create(
        account_id=person.pk, lot=lot, kind=EntryKind.GRANT, amount=amount, made_at=lot.made_at
    )
    _fill(person.pk, amount)
    told = {"amount": amount, "until": end.isoformat() if end else None, "note": note}
    audit.record("credits.granted", by, person=person.pk, lot=lot.pk, **told)
    return lot


def _check(amount: int, days: int | None, note: str) -> None:
    if not 1 <= amount <= LARGEST:
        raise ValueError(f"amount: 1 to {LARGEST} credits, not {amount}")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise ValueError(f"days: 1 to {LONGEST_DAYS}, not {days}")
    if len(note) > LONGEST_NOTE:
        raise ValueError(f"note: at most {LONGEST_NOTE} characters, not {len(note)}")


def in_use(person: int) -> list[Lot]:
    """Lots with something left, in the order in which they are spent."""
    return [lot for row in IN_USE.all(str(person)) for lot in models_in(row, Lot)]


def _in_use(person: str) -> QuerySet[Lot, Any]:
    found = Lot.objects.filter(account=as_number(person), left__gt=0)
    in_order = found.order_by(F("expires_at").asc(nulls_last=True), "pk")
    return in_order.values_list(*columns_of(Lot))


IN_USE = PreparedRow(_in_use)


def take(job: Job, account: Account) -> int:
    """Set the job's cost aside, as far as it comes out of lots: how much that is.

    First what has an end, then what came day by day, then what stays for good.
    """
    by_day = account.available - account.in_lots
    uses = list(_shares(in_use(account.pk), by_day, job.cost))
    for lot, amount in uses:
        Lot.objects.filter(pk=lot.pk).update(left=F("left") - amount)
    LotUse.objects.bulk_create(LotUse(job=job, lot=lot, amount=amount) for lot, amount in uses)
    return sum(amount for _, amount in uses)


def _shares(lots: Iterable[Lot], by_day: int, cost: int) -> Iterator[tuple[Lot, int]]:
    for lot in lots:
        if lot.expires_at is None:
            cost, by_day = cost - min(by_day, cost), 0
        if share := min(lot.left, cost):
            yield lot, share
        cost -= share


def put_back(uses: Iterable[LotUse]) -> None:
    """Give what a job had taken back to the lots it came from."""
    for use in uses:
        Lot.objects.filter(pk=use.lot_id).update(left=F("left") + use.amount)
        use.delete()


def expire_of(person: int) -> None:
    """Take out of an account what has reached its end; each lot is an entry."""
    for lot in in_use(person):
        if lot.expires_at is None or lot.expires_at > now():
            continue
        LedgerEntry.objects.create(
            account_id=person, lot=lot, kind=EntryKind.EXPIRE, amount=lot.left
        )
        Lot.objects.filter(pk=lot.pk).update(left=0)
        _fill(person, -lot.left)


def expire(limit: int = 200) -> None:
    """Write down what has reached its end while nobody looked; any number may do it at once."""
    due = Lot.objects.filter(left__gt=0, expires_at__lte=now()).order_by("expires_at")
    for person in dict.fromkeys(due.values_list("account", flat=True)[:limit]):
        with transaction.atomic():
            if Account.objects.select_for_update().filter(pk=person).first():
                expire_of(person)


def _fill(person: int, amount: int) -> None:
    changes = {"available": F("available") + amount, "in_lots": F("in_lots") + amount}
    Account.objects.filter(pk=person).update(**changes)

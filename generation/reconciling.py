"""Whether credits, lots and jobs agree with the ledger."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from generation.models import Account, EntryKind, Job, LedgerEntry, Lot, LotUse, Output
from generation.states import ENDED, JobState


class Finding(NamedTuple):
    """A row that does not agree with the ledger."""

    what: str
    whose: str


def reconcile() -> list[Finding]:
    """Compare every account with its entries, and every job with its own. Nothing is repaired."""
    return [*_accounts_that_differ(), *_lots_that_differ(), *_jobs_that_differ()]


def _accounts_that_differ() -> list[Finding]:
    def total(*kinds: EntryKind) -> Coalesce:
        return Coalesce(Sum("entries__amount", filter=Q(entries__kind__in=kinds)), 0)

    ledger = Account.objects.annotate(
        granted=total(EntryKind.GRANT),
        set_aside=total(EntryKind.RESERVE),
        settled=total(EntryKind.SETTLE),
        given_back=total(EntryKind.RELEASE),
        gone=total(EntryKind.EXPIRE),
        left_in_lots=_sum_of(Lot.objects.filter(account=OuterRef("pk")), "account", "left"),
    )
    agree = Q(
        available=F("granted") - F("set_aside") + F("given_back") - F("gone"),
        in_lots=F("left_in_lots"),
        reserved=F("set_aside") - F("settled") - F("given_back"),
        spent=F("settled"),
    )
    return [Finding("account", str(pk)) for pk in _not(ledger, agree)]


def _lots_that_differ() -> list[Finding]:
    """What was given is left, was taken by jobs that were not released, or has expired."""
    own = {"lot": OuterRef("pk")}
    expired = LedgerEntry.objects.filter(kind=EntryKind.EXPIRE, **own)
    lots = Lot.objects.annotate(
        used=_sum_of(LotUse.objects.filter(**own), "lot"), gone=_sum_of(expired, "lot")
    )
    agree = Q(amount=F("left") + F("used") + F("gone"))
    return [Finding("lot", str(pk)) for pk in _not(lots, agree)]


def _sum_of(rows: QuerySet[Any], of: str, what: str = "amount") -> Coalesce:
    """Of the rows that belong to an outer one."""
    total = rows.order_by().values(of).annotate(total=Sum(what)).values("total")
    return Coalesce(Subquery(total), 0)


def _jobs_that_differ() -> list[Finding]:
    """One reserve; no close while open; a settle when done, else a release, no output and nothing
    out of a lot; never more out of lots than it costs."""

    def count(*kinds: EntryKind) -> Count:
        return Count("entries", filter=Q(entries__kind__in=kinds))

    jobs = Job.objects.annotate(
        reserves=count(EntryKind.RESERVE),
        settles=count(EntryKind.SETTLE),
        releases=count(EntryKind.RELEASE),
        shown=Exists(Output.objects.filter(job=OuterRef("pk"))),
        out_of_lots=_sum_of(LotUse.objects.filter(job=OuterRef("pk")), "job"),
    )
    done, ended = Q(state=JobState.DONE), Q(state__in=ENDED)
    agree = Q(reserves=1, out_of_lots__lte=F("cost")) & (
        done & Q(settles=1, releases=0)
        | ended & ~done & Q(settles=0, releases=1, shown=False, out_of_lots=0)
        | ~ended & Q(settles=0, releases=0, shown=False)
    )
    return [Finding("job", str(pk)) for pk in _not(jobs, agree)]


def _not(rows, agree: Q) -> list[object]:  # type: ignore[no-untyped-def]
    """Rows outside of `agree`; unlike ~Q it counts a NULL as disagreement."""
    right = rows.filter(agree).values("pk")
    return list(rows.model.objects.exclude(pk__in=right).values_list("pk", flat=True))

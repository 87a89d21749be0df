"""What moderation did in a month, as counts and nothing else; published once, and then as it was.

A small count could tell of one person: below the policy's smallest it is said as less than that.
There are no sums, so that what is not said cannot be reckoned from them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.timezone import now

from sora_social import audit
from sora_social.audit import AuditRecord
from sora_social.moderation import policy
from sora_social.moderation.errors import MonthUnknown
from sora_social.moderation.models import (
    Appeal,
    Bar,
    Case,
    CounterNotice,
    Report,
    Strike,
    Takedown,
    TransparencyReport,
)

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])\Z")
HEAD = ("part", "what", "count")
Span = tuple[datetime, datetime]  # from, and before
Row = tuple[str, str, int]


@transaction.atomic
def publish(month: str) -> TransparencyReport:
    """Count a month that is over, once; its digest stands in the audit chain.

    Raises MonthUnknown: it is no month, or not over.
    """
    begin, end = span_of(month)
    if end > now():
        raise MonthUnknown(rule="not_over")
    if known := TransparencyReport.objects.filter(month=month).first():
        return known
    rows = [[part, what, shown(count)] for part, what, count in counts((begin, end))]
    _, head = audit.head()
    made = TransparencyReport.objects.create(month=month, rows=rows, head=head)
    digest = hashlib.sha256(as_csv(made).encode()).hexdigest()
    audit.record("transparency_published", None, month=month, sha256=digest)
    return made


def span_of(month: str) -> Span:
    """Its first moment, and that of the next, in UTC. Raises MonthUnknown."""
    if not MONTH.match(month):
        raise MonthUnknown(rule="no_month")
    year, number = int(month[:4]), int(month[5:])
    begin = datetime(year, number, 1, tzinfo=UTC)
    return begin, begin.replace(year=year + number // 12, month=number % 12 + 1)


def shown(count: int) -> str:
    return f"<{policy.SMALLEST}" if 0 < count < policy.SMALLEST else str(count)


def as_csv(report: TransparencyReport) -> str:
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerows([HEAD, *report.rows, ("published", "audit head", report.head)])
    return written.getvalue()


# --- what is counted ------------------------------------------------------------------------------


def counts(span: Span) -> Iterator[Row]:
    """Every count of the report, in its order."""
    yield from _reports(span)
    yield from _cases(span)
    yield from _clock(span)
    yield from _downs(span)
    yield from _copies(span)
    yield from _second_looks(span)
    yield from _strikes(span)


def _reports(span: Span) -> Iterator[Row]:
    made = _in(Report.objects.all(), "made_at", span)
    yield from _by(made.exclude(reporter=None), "reports by members", "reason")
    yield from _by(made.filter(reporter=None), "reports without an account", "reason")


def _cases(span: Span) -> Iterator[Row]:
    yield from _by(_in(Case.objects.all(), "made_at", span), "cases opened", "kind")
    decided = _in(Case.objects.exclude(decision=""), "decided_at", span)
    yield from _by(decided, "decisions", "kind", "decision", "reason")


def _clock(span: Span) -> Iterator[Row]:
    """Of the cases with a clock, those that were decided in this month."""
    part = "cases with a clock"
    clocked = _in(Case.objects.exclude(due_at=None), "decided_at", span)
    yield part, "decided in time", clocked.filter(decided_at__lte=F("due_at")).count()
    yield part, "decided too late", clocked.filter(decided_at__gt=F("due_at")).count()
    yield part, "hidden on receipt of a credible claim", _audited("claim_hidden", span)


def _downs(span: Span) -> Iterator[Row]:
    automated = Q(moderator=None)
    made = _in(Takedown.objects.all(), "made_at", span)
    yield from _by(made.exclude(automated), "taken down by moderators", "subject")
    yield from _by(made.filter(automated), "taken down without a moderator", "subject")
    yield from _by(_in(Takedown.objects.all(), "lifted_at", span), "shown again", "subject")


def _copies(span: Span) -> Iterator[Row]:
    part = "copies"
    sources = _in(Bar.objects.all(), "made_at", span).values("case", "source").distinct()
    yield part, "files that may not come back", sources.count()
    yield part, "copies found and taken down", _audited("copy_found", span)
    yield part, "new copies stopped", _audited("copy_barred", span)


def _second_looks(span: Span) -> Iterator[Row]:
    yield "appeals", "made", _in(Appeal.objects.all(), "made_at", span).count()
    yield from _by(_in(Appeal.objects.all(), "settled_at", span), "appeals", "outcome")
    part = "counter-notices"
    for what in ("made", "objected", "restored"):
        yield part, what, _in(CounterNotice.objects.all(), f"{what}_at", span).count()


def _strikes(span: Span) -> Iterator[Row]:
    yield from _by(_in(Strike.objects.all(), "made_at", span), "strikes given", "reason")
    yield "strikes", "taken back", _in(Strike.objects.all(), "lifted_at", span).count()
    yield (
        "strikes",
        "expired",
        _in(Strike.objects.filter(lifted_at=None), "expires_at", span).count(),
    )


def _in(rows: QuerySet[Any], moment: str, span: Span) -> QuerySet[Any]:
    return rows.filter(**{f"{moment}__gte": span[0], f"{moment}__lt": span[1]})


def _by(rows: QuerySet[Any], part: str, *fields: str) -> Iterator[Row]:
    """A row for each value of the fields that there was."""
    found = rows.order_by(*fields).values_list(*fields).annotate(count=Count("pk"))
    for *values, count in found:
        yield part, ", ".join(values), count


def _audited(kind: str, span: Span) -> int:
    return _in(AuditRecord.objects.filter(kind=kind), "at", span).count()

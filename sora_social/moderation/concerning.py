"""Cases as the people see them whom they concern: never who reported, who decided, or the notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.timezone import now

from sora_social.moderation import screened
from sora_social.moderation.deciding import public_ids
from sora_social.moderation.models import Appeal, Case, CaseQuerySet, CaseState, Report
from sora_social.moderation.states import AGAINST, UNDECIDED, Decision
from sora_social.users.models import User

Row = dict[str, Any]


def rows(person: User, cases: Iterable[Case]) -> list[Row]:
    """The cases, in their order; five queries for any number."""
    cases = list(cases)
    names = public_ids(cases)
    pks = [case.pk for case in cases]
    against = set(person.cases_against.filter(pk__in=pks).values_list("pk", flat=True))
    told = Report.objects.filter(case__in=pks, reporter=person).values_list("case", "reason")
    reported = dict(told)
    appeals = {appeal.pk: appeal for appeal in Appeal.objects.filter(pk__in=pks)}
    return [
        _row(case, names, case.pk in against, reported.get(case.pk), appeals.get(case.pk), person)
        for case in cases
    ]


def row(person: User, case: Case) -> Row:
    return rows(person, [case])[0]


def _row(
    case: Case,
    names: dict[tuple[str, str], str],
    against: bool,
    reported: str | None,
    appeal: Appeal | None,
    person: User,
) -> Row:
    lost = against if case.decision in AGAINST else case.decision == Decision.KEEP and reported
    until = case.appeal_until
    open_ = case.state == CaseState.DECIDED and bool(lost) and until is not None and until > now()
    return {
        "id": case.pk,
        "subject": case.subject,
        "subject_id": names[case.subject, case.subject_id],
        "against_you": against,
        "reported_for": reported,
        "state": CaseState.OPEN if case.state in UNDECIDED else case.state,
        "decision": case.decision,
        "reason": case.reason,
        "verdict": screened.told(case) if against else None,
        "decided_at": case.decided_at,
        "appeal_until": until if open_ else None,
        "appeal": _appeal(appeal, person) if appeal else None,
    }


def _appeal(appeal: Appeal, person: User) -> Row:
    """Whether it was one's own; the other side's words are theirs."""
    own = appeal.person_id == person.pk
    return {
        "by_you": own,
        "text": appeal.text if own else "",
        "made_at": appeal.made_at,
        "outcome": appeal.outcome,
        "settled_at": appeal.settled_at,
    }


def of(person: User) -> CaseQuerySet:
    return Case.objects.concerning(person)

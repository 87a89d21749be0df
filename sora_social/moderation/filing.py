"""Reports come in: by members and by people without an account, plain or as a signed claim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from sora_social import audit
from sora_social.errors import NotFound
from sora_social.moderation import bars, deciding, desk, hiding, identities, policy
from sora_social.moderation.models import Case, CaseState, Decision, Report, Subject
from sora_social.moderation.states import KINDS, UNDECIDED, CaseKind, Reason, ReportReason
from sora_social.users.models import User


@dataclass(frozen=True)
class Said:
    """What somebody reports, and what they sign it with; `network` is the address it came from."""

    reason: str
    text: str = ""
    person: User | None = None
    name: str = ""
    email: str = ""
    network: str = ""
    good_faith: bool = False

    @property
    def by(self) -> str:
        """As whom somebody without an account is known again."""
        return "" if self.person else identities.known_as(self.email or self.network)


class Filed(NamedTuple):
    """The case it went to, none when there is no such thing; the receipt of a stranger."""

    case: Case | None
    receipt: str = ""


@transaction.atomic
def report(person: User, subject: str, subject_id: str, said: Said) -> Case:
    """A member's report; once per case, and a claim may be signed later. Raises NotFound.

    A person is reported by handle, everything else by its id.
    """
    if subject == Subject.PERSON:
        subject_id = _number_of(subject_id, person)
    case = _opened(subject, subject_id, said)
    signed = _signed(case, said)
    told = _row(said, signed)
    row, new = Report.objects.get_or_create(case=case, reporter=person, defaults=told)
    if new:
        _count(case)
    elif {*signed} > {*row.signed}:
        Report.objects.filter(pk=row.pk).update(**told)
    return _received(case, said, signed)


@transaction.atomic
def report_as_stranger(subject: str, subject_id: str, said: Said) -> Filed:
    """The same without an account. What is not there opens no case, and the answer does not say
    so: it would tell strangers what there is."""
    receipt = identities.new_receipt()
    if subject == Subject.PERSON:
        present = User.objects.filter(handle=subject_id.lower(), is_active=True)
        subject_id = str(present.values_list("pk", flat=True).first() or "")
    if not subject_id or desk.parties(subject, subject_id).owner is None:
        return Filed(None, receipt)
    case = _opened(subject, subject_id, said)
    signed = _signed(case, said)
    if case.reports.exclude(by="").count() < policy.MOST_KEPT:
        sealed = {"by": said.by, "receipt": identities.digest_of(receipt)}
        Report.objects.create(case=case, **sealed, **_row(said, signed))
    _count(case)
    return Filed(_received(case, said, signed), receipt)


def open_case(subject: str, subject_id: str, kind: str, **facts: object) -> Case:
    """The open case of this kind about a subject, or a new one with these facts."""
    begun: dict[str, Any] = {"state": CaseState.OPEN, "facts": facts}
    if (rules := policy.CLAIMS.get(kind)) and rules.hours:
        begun["due_at"] = now() + timedelta(hours=rules.hours)
    case, _ = Case.objects.get_or_create(
        subject=subject, subject_id=subject_id, kind=kind, state__in=UNDECIDED, defaults=begun
    )
    return case


def _opened(subject: str, subject_id: str, said: Said) -> Case:
    kind = KINDS.get(ReportReason(said.reason), CaseKind.REPORT)
    if kind in policy.CLAIMS:
        bars.alone()
    return open_case(subject, subject_id, kind)


def _row(said: Said, signed: list[str]) -> dict[str, Any]:
    sealed = identities.seal(name=said.name, email=said.email)
    return {"reason": said.reason, "text": said.text, "sealed": sealed, "signed": signed}


def _count(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(reported=F("reported") + 1)


def _number_of(handle: str, reporter: User) -> str:
    person = User.objects.open_to(reporter).filter(handle=handle.lower()).first()
    if person is None:
        raise NotFound(field="subject_id")
    return str(person.pk)


# --- claims ---------------------------------------------------------------------------------------


def _received(case: Case, said: Said, signed: list[str]) -> Case:
    """A credible claim hides at once; of every claim the audit chain says what it had."""
    rules = policy.CLAIMS.get(case.kind)
    if rules is None:
        return case
    credible = {*rules.credible} <= {*signed}
    actor = said.person.pk if said.person else None
    facts = {"credible": credible, "signed": signed, "policy": policy.VERSION}
    audit.record("claim_received", actor, case=str(case.pk), claimed=case.kind, **facts)
    if credible and case.subject in rules.hides:
        hiding.hide(case)
    return case


def _signed(case: Case, said: Said) -> list[str]:
    """Which of the checks a claim passes, by name; none of a plain report."""
    rules = policy.CLAIMS.get(case.kind)
    return [name for name, holds in CHECKS.items() if holds(case, said, rules)] if rules else []


Check = Callable[[Case, Said, policy.ClaimRules], bool]


def _not_abused(case: Case, said: Said, rules: policy.ClaimRules) -> bool:
    """Not so many claims of the same person turned out to be false."""
    since = now() - timedelta(days=rules.days)
    whose = {"reporter": said.person} if said.person else {"by": said.by}
    false = {"case__reason": Reason.FALSE_CLAIM, "case__decided_at__gte": since}
    made = Report.objects.filter(**whose, **false).values_list("signed", flat=True)
    return sum({*signed} >= deciding.SIGNED for signed in made) < rules.false_claims


def _fresh(case: Case, said: Said, rules: policy.ClaimRules) -> bool:
    """No moderator looked at the same and kept it."""
    about = {"subject": case.subject, "subject_id": case.subject_id, "kind": case.kind}
    return not Case.objects.filter(**about, decision=Decision.KEEP).exists()


CHECKS: dict[str, Check] = {
    "statement": lambda case, said, rules: len(said.text.split()) >= rules.words,
    "good_faith": lambda case, said, rules: said.good_faith,
    "signature": lambda case, said, rules: bool(said.name.strip()),
    "contact": lambda case, said, rules: bool(said.person or said.email),
    "target": lambda case, said, rules: (
        desk.parties(case.subject, case.subject_id).owner is not None
    ),
    "not_abused": _not_abused,
    "fresh": _fresh,
}

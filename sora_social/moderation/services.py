"""Reports become cases, cases become decisions, decisions take things down and are audited."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from sora_social import audit, outbox
from sora_social.errors import NotFound
from sora_social.moderation.errors import NotAModerator, NotYourCase
from sora_social.moderation.models import (
    Case,
    CaseKind,
    CaseState,
    Decision,
    Report,
    Subject,
    Takedown,
)
from sora_social.users import services as users
from sora_social.users.export import as_json
from sora_social.users.models import User


@transaction.atomic
def report(reporter: User, subject: str, subject_id: str, reason: str, text: str = "") -> Case:
    """Add a report to the subject's open case, opening one; each person reports once per case.

    A person is reported by handle, everything else by its id.
    """
    if subject == Subject.PERSON:
        subject_id = _number_of(subject_id, reporter)
    case = open_case(subject, subject_id, CaseKind.REPORT)
    told = {"reason": reason, "text": text}
    Report.objects.get_or_create(case=case, reporter=reporter, defaults=told)
    return case


def open_case(subject: str, subject_id: str, kind: str, **facts: object) -> Case:
    """The open case of this kind about a subject, or a new one with these facts."""
    case, _ = Case.objects.get_or_create(
        subject=subject,
        subject_id=subject_id,
        kind=kind,
        state__in=[CaseState.OPEN, CaseState.CLAIMED],
        defaults={"state": CaseState.OPEN, "facts": facts},
    )
    return case


def _number_of(handle: str, reporter: User) -> str:
    person = User.objects.open_to(reporter).filter(handle=handle.lower()).first()
    if person is None:
        raise NotFound(field="subject_id")
    return str(person.pk)


def claim(case: Case, moderator: User) -> None:
    """Take an open case: of two moderators one gets it, the other sees IllegalMove."""
    _require_moderator(moderator)
    case.move(CaseState.CLAIMED, moderator=moderator)


def release(case: Case, moderator: User) -> None:
    """Give a claimed case back to the queue."""
    _require_holder(case, moderator)
    case.move(CaseState.OPEN, moderator=None)


@transaction.atomic
def decide(case: Case, moderator: User, decision: str, reason: str) -> None:
    """Decide a case one holds; what is taken down is down when this returns."""
    _require_holder(case, moderator)
    case.move(CaseState.DECIDED, decision=decision, reason=reason)
    audit.record(
        "case_decided", moderator.pk, case=str(case.pk), subject=case.subject,
        subject_id=case.subject_id, decision=decision, reason=reason,
    )  # fmt: skip
    if decision == Decision.TAKE_DOWN:
        take_down(case.subject, case.subject_id, moderator, reason)
    _thank_reporters(case)


def _thank_reporters(case: Case) -> None:
    for reporter in case.reports.values_list("reporter", flat=True):
        key = f"report_decided:{case.pk}:{reporter}"
        outbox.write(key, reporter, "report_decided", case=str(case.pk), decision=case.decision)


@transaction.atomic
def take_down(subject: str, subject_id: str, moderator: User, reason: str) -> Takedown:
    """Take a subject down; one that is down stays as it is. A person is suspended."""
    _require_moderator(moderator)
    down, new = Takedown.objects.get_or_create(
        subject=subject, subject_id=subject_id, lifted_at=None,
        defaults={"moderator": moderator, "reason": reason},
    )  # fmt: skip
    if new:
        _record("taken_down", down, moderator, reason)
        for person in _person(down):
            users.suspend(person)
    return down


@transaction.atomic
def lift(down: Takedown, moderator: User) -> None:
    """Show a subject again; once."""
    _require_moderator(moderator)
    if Takedown.objects.standing().filter(pk=down.pk).update(lifted_at=now()):
        _record("takedown_lifted", down, moderator, "")
        for person in _person(down):
            users.restore(person)
    down.refresh_from_db()


def _person(down: Takedown) -> list[User]:
    if down.subject != Subject.PERSON:
        return []
    return list(User.objects.filter(pk=down.subject_id))


def _record(kind: str, down: Takedown, moderator: User, reason: str) -> None:
    facts = {"subject": down.subject, "subject_id": down.subject_id, "reason": reason}
    audit.record(kind, moderator.pk, **facts)


def _require_moderator(person: User) -> None:
    if not person.is_moderator:
        raise NotAModerator()


def _require_holder(case: Case, moderator: User) -> None:
    _require_moderator(moderator)
    case.refresh_from_db()
    if case.state == CaseState.CLAIMED and case.moderator_id != moderator.pk:
        raise NotYourCase()


def personal_data(person: User) -> Iterator[tuple[str, bytes | str]]:
    """The reports a person made."""
    reports = person.reports.select_related("case").order_by("pk")
    yield "reports.json", as_json([_as_row(report) for report in reports])


def _as_row(report: Report) -> dict[str, object]:
    return {
        "subject": report.case.subject,
        "subject_id": _public_id(report.case),
        "reason": report.reason,
        "text": report.text,
        "made_at": report.made_at,
    }


def _public_id(case: Case) -> str:
    """What the reporter called the subject: a person's handle, and of anything else its id."""
    if case.subject == Subject.PERSON:
        return str(User.objects.get(pk=case.subject_id).handle)
    return str(case.subject_id)


def forget(person: User) -> None:
    """Cases and takedowns of the person; reports they made go with their row."""
    about = Q(subject=Subject.PERSON, subject_id=str(person.pk))
    Case.objects.filter(about).delete()
    Takedown.objects.filter(about).delete()

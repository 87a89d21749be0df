"""Reports become cases, cases become decisions, decisions take things down and are audited.

Takedowns, strikes and appeals have files of their own; other rooms find all of it here.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from sora_social import audit, outbox
from sora_social.errors import NotFound
from sora_social.moderation import appeals, deciding, desk, rules
from sora_social.moderation.appeals import appeal, appeal_suspended, settle
from sora_social.moderation.models import Appeal, Case, Report, Subject, Takedown
from sora_social.moderation.states import AGAINST, UNDECIDED, CaseKind, CaseState, Reason
from sora_social.moderation.strikes import end_suspensions
from sora_social.moderation.takedowns import lift, take_down
from sora_social.users.export import as_json
from sora_social.users.models import User

__all__ = [
    "appeal",
    "appeal_suspended",
    "claim",
    "decide",
    "end_suspensions",
    "forget",
    "lift",
    "open_case",
    "personal_data",
    "release",
    "report",
    "settle",
    "take_down",
    "withdraw_cases",
]


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
        state__in=UNDECIDED,
        defaults={"state": CaseState.OPEN, "facts": facts},
    )
    return case


def _number_of(handle: str, reporter: User) -> str:
    person = User.objects.open_to(reporter).filter(handle=handle.lower()).first()
    if person is None:
        raise NotFound(field="subject_id")
    return str(person.pk)


def claim(case: Case, moderator: User) -> None:
    """Take an open case or an appeal: of two moderators one gets it, the other sees IllegalMove.

    Raises NotAModerator, OwnCase, OtherEyes, IllegalMove.
    """
    rules.require_moderator(moderator)
    if case.state == CaseState.APPEALED:
        return appeals.claim(case, moderator)
    rules.require_uninvolved(case, moderator)
    return case.move(CaseState.CLAIMED, moderator=moderator)


def release(case: Case, moderator: User) -> None:
    """Give a claimed case or appeal back to the queue."""
    rules.require_holder(case, moderator)
    if case.state == CaseState.APPEALED:
        return appeals.release(case, moderator)
    return case.move(CaseState.OPEN, moderator=None)


@transaction.atomic
def decide(
    case: Case, moderator: User, decision: str, reason: str, note: str = "", *, strike: bool = True
) -> None:
    """Decide a case one holds, with a published reason; what is taken down is down at the return.

    `strike`: whether it costs those it goes against a strike. Raises NotYourCase, OwnCase,
    DecisionUnknown, ReasonUnknown, IllegalMove, and what the rooms raise in what follows.
    """
    rules.require_holder(case, moderator)
    rules.require_uninvolved(case, moderator)
    rules.require_published(case, decision, reason)
    said = {"decision": decision, "reason": reason, "note": note.strip(), "decided_at": now()}
    case.move(CaseState.DECIDED, **said)
    audit.record(
        "case_decided", moderator.pk, case=str(case.pk), subject=case.subject,
        subject_id=case.subject_id, decision=decision, reason=reason,
    )  # fmt: skip
    if decision in AGAINST:
        deciding.act_against(case, moderator, strike=strike)
    desk.follow(case, moderator)
    _thank_reporters(case)


def _thank_reporters(case: Case) -> None:
    for reporter in case.reports.values_list("reporter", flat=True):
        key = f"report_decided:{case.pk}:{reporter}"
        outbox.write(key, reporter, "report_decided", case=str(case.pk), decision=case.decision)


@transaction.atomic
def withdraw_cases(subject: str, subject_id: str, *kinds: str) -> None:
    """There is nothing left to decide: undecided cases of these kinds are settled as they are."""
    cases = Case.objects.undecided().filter(subject=subject, subject_id=subject_id, kind__in=kinds)
    for case in cases.select_for_update():
        case.move(CaseState.SETTLED, reason=Reason.WITHDRAWN)
        audit.record("case_withdrawn", None, case=str(case.pk))


# --- a person's own, and a person's end -----------------------------------------------------------


def personal_data(person: User) -> Iterator[tuple[str, bytes | str]]:
    """The reports a person made, what was decided against them, their strikes and appeals."""
    reports = person.reports.select_related("case").order_by("pk")
    names = deciding.public_ids([report.case for report in reports])
    yield "reports.json", as_json([_as_row(report, names) for report in reports])
    decided = ("subject", "decision", "reason", "decided_at")
    against = person.cases_against.exclude(subject=Subject.PERSON).values("subject_id", *decided)
    about = person.cases_against.filter(subject=Subject.PERSON).values(*decided)
    yield "decisions.json", as_json([*against, *about])
    struck = ("reason", "made_at", "expires_at", "lifted_at")
    yield "strikes.json", as_json(list(person.strikes.order_by("pk").values(*struck)))
    asked = ("text", "made_at", "outcome", "settled_at")
    appealed = Appeal.objects.filter(person=person).order_by("pk")
    yield "appeals.json", as_json(list(appealed.values(*asked)))


def _as_row(report: Report, names: dict[tuple[str, str], str]) -> dict[str, object]:
    return {
        "subject": report.case.subject,
        "subject_id": names[report.case.subject, report.case.subject_id],
        "reason": report.reason,
        "text": report.text,
        "made_at": report.made_at,
    }


def forget(person: User) -> None:
    """Cases and takedowns of the person, and their words; reports they made go with their row."""
    about = Q(subject=Subject.PERSON, subject_id=str(person.pk))
    Case.objects.filter(about).delete()
    Takedown.objects.filter(about).delete()
    Appeal.objects.filter(person=person).update(text="")

"""Reports become cases, cases become decisions, decisions take things down and are audited.

Takedowns, strikes and appeals have files of their own; other rooms find all of it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from sora_social import audit, outbox
from sora_social.moderation import appeals, bars, deciding, desk, filing, policy, rules
from sora_social.moderation.appeals import appeal, appeal_suspended, appeal_with_receipt, settle
from sora_social.moderation.automatic import appeal_refused, stop
from sora_social.moderation.counters import contest, counter, restore_uncontested
from sora_social.moderation.filing import Said, open_case, report_as_stranger
from sora_social.moderation.models import Appeal, Case, CounterNotice, Report, Subject, Takedown
from sora_social.moderation.states import AGAINST, JUDGED, CaseState, Decision, Reason
from sora_social.moderation.strikes import end_suspensions, void
from sora_social.moderation.takedowns import lift, take_down
from sora_social.users.export import as_json
from sora_social.users.models import User

__all__ = [
    "appeal",
    "appeal_refused",
    "appeal_suspended",
    "appeal_with_receipt",
    "claim",
    "contest",
    "counter",
    "decide",
    "end_suspensions",
    "forget",
    "forget_reporters",
    "lift",
    "open_case",
    "personal_data",
    "release",
    "report",
    "report_as_stranger",
    "restore_uncontested",
    "settle",
    "stop",
    "take_down",
    "void",
    "withdraw_cases",
]


def report(
    reporter: User, subject: str, subject_id: str, reason: str, text: str = "", **signed: Any
) -> Case:
    """Add a member's report to the subject's open case, opening one; see `filing.report`.

    `signed`: the `name`, `good_faith` and `network` of a claim. Raises NotFound.
    """
    return filing.report(reporter, subject, subject_id, Said(reason, text, reporter, **signed))


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
    if decision in JUDGED:
        bars.alone()
    said = {"decision": decision, "reason": reason, "note": note.strip(), "decided_at": now()}
    case.move(CaseState.DECIDED, **said)
    audit.record(
        "case_decided", moderator.pk, case=str(case.pk), subject=case.subject,
        subject_id=case.subject_id, decision=decision, reason=reason,
    )  # fmt: skip
    if decision in AGAINST:
        deciding.act_against(case, moderator, strike=strike)
    elif decision == Decision.KEEP:
        deciding.keep(case, moderator, strike=strike)
    desk.follow(case, moderator)
    _thank_reporters(case)


def _thank_reporters(case: Case) -> None:
    """The statement of reasons to the other side; who has no account reads it with a receipt."""
    until = case.appeal_until.isoformat() if case.appeal_until else None
    facts = {"decision": case.decision, "reason": case.reason, "appeal_until": until}
    for reporter in case.reports.exclude(reporter=None).values_list("reporter", flat=True):
        key = f"report_decided:{case.pk}:{reporter}"
        outbox.write(key, reporter, "report_decided", case=str(case.pk), **facts)


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
    CounterNotice.objects.filter(person=person).update(text="", sealed="")


def forget_reporters(limit: int = 200) -> int:
    """A sweeper: who reported without an account, or signed, is forgotten some time after the
    decision, as the policy says. How many there were."""
    old = Report.objects.filter(case__decided_at__lt=now() - policy.FORGET_AFTER)
    known = old.exclude(by="", sealed="").values_list("pk", flat=True)[:limit]
    return Report.objects.filter(pk__in=list(known)).update(by="", sealed="")

"""Appeals: either side asks once, another moderator than the one who decided answers."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from sora_social import audit, outbox
from sora_social.errors import IllegalMove, NotFound
from sora_social.moderation import bars, deciding, desk, rules
from sora_social.moderation.errors import NotAppealable
from sora_social.moderation.models import Appeal, Case, Report, Subject, Takedown
from sora_social.moderation.states import (
    AGAINST,
    DECISIONS,
    UNDECIDED,
    CaseKind,
    CaseState,
    Decision,
    Outcome,
    Reason,
)
from sora_social.users.errors import WrongPassword
from sora_social.users.models import User


@transaction.atomic
def appeal(person: User, case: Case, text: str) -> Appeal:
    """Ask another moderator to look again. Raises NotFound, NotAppealable, IllegalMove."""
    if not Case.objects.concerning(person).filter(pk=case.pk).exists():
        raise NotFound()
    if rule := why_not(person, case):
        raise NotAppealable(rule=rule)
    case.move(CaseState.APPEALED)
    audit.record("case_appealed", person.pk, case=str(case.pk))
    was = {"decision": case.decision, "decision_reason": case.reason}
    return Appeal.objects.create(case=case, person=person, text=text, **was)


@transaction.atomic
def appeal_with_receipt(report: Report, text: str) -> Appeal:
    """Who reported without an account may ask too. Raises NotAppealable, IllegalMove."""
    case = report.case
    until = case.appeal_until
    if case.decision != Decision.KEEP or case.state != CaseState.DECIDED or until is None:
        raise NotAppealable(rule="undecided" if case.state in UNDECIDED else "not_against_you")
    if until < now():
        raise NotAppealable(rule="too_late")
    case.move(CaseState.APPEALED)
    audit.record("case_appealed", None, case=str(case.pk))
    was = {"decision": case.decision, "decision_reason": case.reason}
    return Appeal.objects.create(case=case, person=None, text=text, **was)


def appeal_suspended(handle: str, password: str, text: str) -> Appeal:
    """Who is suspended cannot sign in, and may appeal all the same: the suspension, or the last
    decision against them. Raises WrongPassword, of whomever else too; NotFound, NotAppealable."""
    person = User.objects.filter(handle=handle.lower(), is_active=False).first()
    if not (person or User()).check_password(password) or person is None:
        raise WrongPassword()
    with transaction.atomic():
        last = person.cases_against.order_by("-decided_at")
        case = _made_of_suspension(person) or last.first()
        if case is None:
            raise NotFound()
        return appeal(person, case, text)


def _made_of_suspension(person: User) -> Case | None:
    """A suspension that a moderator decided without a case, as the case it was."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)  # of two requests one makes it
    about = {"subject": Subject.PERSON, "subject_id": str(person.pk)}
    down = Takedown.objects.standing().filter(by_strikes=False, **about).first()
    if down is None or Case.objects.filter(decision__in=AGAINST, **about).exists():
        return None
    said = {"decision": Decision.TAKE_DOWN, "reason": Reason.OTHER_RULE, "note": down.reason}
    case = Case.objects.create(
        state=CaseState.DECIDED, moderator=down.moderator, decided_at=down.made_at, **said, **about
    )
    case.against.add(person)
    return case


def why_not(person: User, case: Case) -> str:
    """The first rule that says no to an appeal of this person; none when it may be."""
    if case.state in UNDECIDED:
        return "undecided"
    if case.state != CaseState.DECIDED:
        return "final"
    if case.appeal_until is None or not _lost(person, case):
        return "not_against_you"
    return "too_late" if case.appeal_until < now() else ""


def _lost(person: User, case: Case) -> bool:
    """A decision against something goes against whose it is; to keep it, against who reported."""
    if case.decision in AGAINST:
        return case.against.filter(pk=person.pk).exists()
    return case.reports.filter(reporter=person).exists()


# --- the other moderator --------------------------------------------------------------------------


def claim(case: Case, moderator: User) -> None:
    """Take an appeal: of two moderators one gets it. Raises OtherEyes, OwnCase, IllegalMove."""
    rules.require_moderator(moderator)
    rules.require_other_eyes(case, moderator)
    rules.require_uninvolved(case, moderator)
    free = Appeal.objects.filter(case=case, moderator=None, settled_at=None)
    if not free.update(moderator=moderator):
        raise IllegalMove(here=case.state, to=CaseState.CLAIMED)


def release(case: Case, moderator: User) -> None:
    """Give an appeal back to the queue."""
    rules.require_holder_of_appeal(case.appeal, moderator)
    Appeal.objects.filter(case=case, moderator=moderator, settled_at=None).update(moderator=None)


@transaction.atomic
def settle(case: Case, moderator: User, outcome: str, reason: str = "", note: str = "") -> None:
    """Uphold the decision, or reverse it with a reason for the reverse; final.

    Raises NotYourCase, OtherEyes, OwnCase, ReasonUnknown, IllegalMove.
    """
    asked = Appeal.objects.select_for_update().get(case=case)
    rules.require_holder_of_appeal(asked, moderator)
    rules.require_other_eyes(case, moderator)
    rules.require_uninvolved(case, moderator)
    if Outcome(outcome) == Outcome.OVERTURNED:
        bars.alone()
        _reverse(case, moderator, reason)
    else:
        case.move(CaseState.SETTLED)
    closed = {"outcome": outcome, "note": note.strip(), "settled_at": now()}
    Appeal.objects.filter(pk=asked.pk).update(**closed)
    audit.record(
        "appeal_settled", moderator.pk, case=str(case.pk), outcome=outcome, reason=case.reason
    )
    _tell(case, asked, outcome)


def reverse_of(case: Case) -> Decision:
    """What a decision becomes when it is reversed."""
    if case.decision in AGAINST:
        return Decision.KEEP
    return DECISIONS[CaseKind(case.kind)][-1]


def _reverse(case: Case, moderator: User, reason: str) -> None:
    decision = reverse_of(case)
    rules.require_published(case, decision, reason)
    case.move(CaseState.SETTLED, decision=decision, reason=reason)
    if decision in AGAINST:
        deciding.act_against(case, moderator)
    else:
        deciding.undo(case, moderator)
    desk.follow(case, moderator)


def _tell(case: Case, asked: Appeal, outcome: str) -> None:
    if asked.person_id is not None:
        facts = {"outcome": outcome, "decision": case.decision, "reason": case.reason}
        key = f"appeal_settled:{case.pk}"
        outbox.write(key, asked.person_id, "appeal_settled", case=str(case.pk), **facts)

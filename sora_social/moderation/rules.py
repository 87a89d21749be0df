"""What is asked of a moderator before anything is done: who they are, and whose case it is."""

from __future__ import annotations

from sora_social.moderation import desk
from sora_social.moderation.errors import (
    DecisionUnknown,
    NotAModerator,
    NotYourCase,
    OtherEyes,
    OwnCase,
    ReasonUnknown,
)
from sora_social.moderation.models import Appeal, Case
from sora_social.moderation.states import DECISIONS, CaseKind, CaseState, reasons_of
from sora_social.users.models import User


def require_moderator(person: User) -> None:
    if not person.is_moderator:
        raise NotAModerator()


def require_holder(case: Case, moderator: User) -> None:
    """The case as it is now, in this moderator's hands or in nobody's."""
    require_moderator(moderator)
    case.refresh_from_db()
    if case.state == CaseState.CLAIMED and case.moderator_id != moderator.pk:
        raise NotYourCase()


def require_holder_of_appeal(appeal: Appeal, moderator: User) -> None:
    require_moderator(moderator)
    appeal.refresh_from_db()
    if appeal.moderator_id != moderator.pk:
        raise NotYourCase()


def require_stranger(moderator: User, subject: str, subject_id: str) -> None:
    """Nobody takes down, or shows again, what is theirs. Raises OwnCase."""
    if moderator.pk in desk.parties(subject, subject_id).everybody:
        raise OwnCase()


def concerns(person: User, case: Case) -> bool:
    """Whether the case is about the person or something of theirs, or is their own report."""
    involved = desk.parties(case.subject, case.subject_id, case.facts).everybody
    tried = case.facts.get("against", ())
    reported = case.reports.filter(reporter=person).exists()
    return person.pk in involved or person.pk in tried or reported


def require_uninvolved(case: Case, moderator: User) -> None:
    if concerns(moderator, case):
        raise OwnCase()


def require_other_eyes(case: Case, moderator: User) -> None:
    if case.moderator_id == moderator.pk:
        raise OtherEyes()


def require_published(case: Case, decision: str, reason: str) -> None:
    """Raises DecisionUnknown, ReasonUnknown."""
    possible = DECISIONS[CaseKind(case.kind)]
    if decision not in possible:
        raise DecisionUnknown(at_most=[str(one) for one in possible])
    reasons = reasons_of(case.kind, decision)
    if reason not in reasons:
        raise ReasonUnknown(at_most=[str(one) for one in reasons])

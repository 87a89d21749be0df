"""What a decision does: to what it is about, to whose that is, and who hears of it."""

from __future__ import annotations

from sora_social import outbox
from sora_social.moderation import desk, strikes
from sora_social.moderation.models import Case, Strike, Subject, Takedown
from sora_social.moderation.states import Decision
from sora_social.moderation.takedowns import put_up, take_down
from sora_social.users.models import User


def act_against(case: Case, moderator: User, *, strike: bool = True) -> None:
    """Take down what is to be taken down; those it goes against are struck, and told."""
    people = _against(case)
    if case.decision == Decision.TAKE_DOWN:
        take_down(case.subject, case.subject_id, moderator, case.reason)
    case.against.set(people)
    if strike:
        strikes.give(case, people)
    for person in people:
        _tell(case, person)


def undo(case: Case, moderator: User) -> None:
    """Show again what no other decision took down; the strikes are gone."""
    strikes.take_back(case)
    about = {"subject": case.subject, "subject_id": case.subject_id}
    others = Case.objects.filter(decision=Decision.TAKE_DOWN, **about).exclude(pk=case.pk)
    if not others.exists():
        for down in Takedown.objects.standing().filter(by_strikes=False, **about):
            if not strikes.hold(down):
                put_up(down, moderator)


def _against(case: Case) -> list[User]:
    """Those who tried, where it is about attempts; else whose it is."""
    if case.decision == Decision.STRIKE:
        numbers = set(case.facts.get("against", ()))
    else:
        owner = desk.parties(case.subject, case.subject_id, case.facts).owner
        numbers = {owner} - {None}
    return list(User.objects.filter(pk__in=numbers))


def _tell(case: Case, person: User) -> None:
    struck = Strike.objects.standing().filter(person=person, case=case).first()
    until = case.appeal_until
    facts = {
        "case": str(case.pk),
        "subject": case.subject,
        "subject_id": public_ids([case])[case.subject, case.subject_id],
        "decision": case.decision,
        "reason": case.reason,
        "strike_until": struck.expires_at.isoformat() if struck else None,
        "appeal_until": until.isoformat() if until else None,
    }
    outbox.write(f"decided_against:{case.pk}:{person.pk}", person.pk, "decided_against", **facts)


def public_ids(cases: list[Case]) -> dict[tuple[str, str], str]:
    """What people call the subjects: a person's handle, and of anything else its id."""
    numbers = {case.subject_id for case in cases if case.subject == Subject.PERSON}
    handles = dict(User.objects.filter(pk__in=numbers).values_list("pk", "handle"))
    return {
        (case.subject, case.subject_id): handles.get(int(case.subject_id), "")
        if case.subject == Subject.PERSON
        else case.subject_id
        for case in cases
    }

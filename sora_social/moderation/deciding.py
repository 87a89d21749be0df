"""What a decision does: to what it is about, to whose that is, and who hears of it."""

from __future__ import annotations

from sora_social import outbox
from sora_social.moderation import desk, hiding, policy, screened, strikes
from sora_social.moderation.models import Case, Strike, Subject, Takedown
from sora_social.moderation.states import Decision, Reason
from sora_social.moderation.takedowns import put_up, take_down
from sora_social.users.models import User

FALSE = Reason.FALSE_CLAIM
SIGNED = {"signature", "good_faith"}  # names of filing.CHECKS


def act_against(case: Case, moderator: User, *, strike: bool = True) -> None:
    """Take down what is to be taken down; those it goes against are struck, and told."""
    people = _against(case)
    if case.decision == Decision.TAKE_DOWN:
        take_down(case.subject, case.subject_id, moderator, case.reason)
        hiding.confirm(case, moderator)
    case.against.set(people)
    if strike:
        strikes.give(case, people)
    for person in people:
        tell(case, person)


def keep(case: Case, moderator: User, *, strike: bool = True) -> None:
    """What a claim hid is shown again, and its owners hear so; who claimed it against better
    knowledge is struck, and told."""
    if case.kind not in policy.CLAIMS:
        return
    hiding.show(case, moderator)
    for person in case.against.all():
        tell(case, person, "claim_rejected")
    liars = _claimants(case) if case.reason == FALSE else []
    if strike:
        strikes.give(case, liars)
    for person in liars:
        tell(case, person, "claim_was_false")


def _claimants(case: Case) -> list[User]:
    """The members who signed a claim; who only reported has claimed nothing."""
    made = case.reports.exclude(reporter=None).values_list("reporter", "signed")
    return list(User.objects.filter(pk__in=[pk for pk, signed in made if {*signed} >= SIGNED]))


def undo(case: Case, moderator: User | None) -> None:
    """Show again what no other decision took down, and every copy; the strikes are gone."""
    strikes.take_back(case)
    hiding.show(case, moderator)
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
        numbers = {owner, *hiding.owners(case)} - {None}
    return list(User.objects.filter(pk__in=numbers))


def tell(case: Case, person: User, kind: str = "decided_against") -> None:
    """A statement of reasons: what was decided of what, why, by whose hands, and until when it may
    be appealed."""
    struck = Strike.objects.standing().filter(person=person, case=case).first()
    until = case.appeal_until
    facts = {
        "case": str(case.pk),
        "subject": case.subject,
        "subject_id": public_ids([case])[case.subject, case.subject_id],
        "decision": case.decision,
        "reason": case.reason,
        "why": dict(Reason.choices)[case.reason],
        "claimed": case.kind if case.kind in policy.CLAIMS else None,
        "automated": screened.is_automatic(case),
        "verdict": screened.told(case),
        "policy": policy.VERSION,
        "strike_until": struck.expires_at.isoformat() if struck else None,
        "appeal_until": until.isoformat() if until else None,
    }
    outbox.write(f"{kind}:{case.pk}:{person.pk}", person.pk, kind, **facts)


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

"""What a claim hides before anybody has looked, with every copy; and how it comes back."""

from __future__ import annotations

from django.db import transaction

from sora_social import audit, outbox
from sora_social.moderation import bars, desk, policy
from sora_social.moderation.models import Bar, Case, Decision, Takedown
from sora_social.moderation.takedowns import put_down, put_up
from sora_social.users.models import User

CLAIMED, COPY = "claimed", "copy"  # why something is down that no moderator decided on


def hide(case: Case) -> None:
    """What a credible claim speaks of is down until it is decided, and may not come back. The one
    it goes against hears why. In a transaction that holds `bars.alone`."""
    if case.hides.filter(lifted_at=None).exists():
        return
    desk.bar(case)
    put_down(case.subject, case.subject_id, None, CLAIMED, case=case)
    audit.record("claim_hidden", None, case=str(case.pk), policy=policy.VERSION)
    owner = desk.parties(case.subject, case.subject_id, case.facts).owner
    for person in User.objects.filter(pk=owner):
        case.against.add(person)
        _tell(case, person, "hidden_on_claim")


def hide_file(case: Case, subject: str, subject_id: str) -> None:
    """The file that the subject of a case shows is down with it."""
    put_down(subject, subject_id, None, case.reason or CLAIMED, case=case)


@transaction.atomic
def hide_copy(bar: Bar, subject: str, subject_id: str) -> bool:
    """A copy of what is barred, down like it; whether it was not before."""
    if Takedown.objects.standing().filter(subject=subject, subject_id=subject_id).exists():
        return False
    case = bar.case
    put_down(subject, subject_id, None, COPY, case=case)
    audit.record("copy_found", None, case=str(case.pk), subject=subject, subject_id=subject_id)
    for person in User.objects.filter(pk=desk.parties(subject, subject_id).owner):
        case.against.add(person)
        _tell(case, person, "hidden_on_claim", copy=subject_id)
    return True


def show(case: Case, moderator: User | None) -> None:
    """All that was hidden for this case is shown again, unless another decision stands on it."""
    bars.lift(case, moderator.pk if moderator else None)
    for down in case.hides.filter(lifted_at=None):
        about = {"subject": down.subject, "subject_id": down.subject_id}
        others = Case.objects.filter(decision=Decision.TAKE_DOWN, **about).exclude(pk=case.pk)
        if other := others.first():
            Takedown.objects.filter(pk=down.pk).update(case=other, reason=other.reason)
        else:
            put_up(down, moderator)


def confirm(case: Case, moderator: User | None) -> None:
    """A moderator has decided what a claim hid: the decision's reason is why it is down now; where
    the policy says so, it may not come back."""
    if case.reason in policy.BARRED_FOR:
        desk.bar(case)
    case.hides.filter(lifted_at=None).update(reason=case.reason, moderator=moderator)


def owners(case: Case) -> set[int]:
    """Whose copies are down for this case; numbers of people."""
    downs = case.hides.filter(lifted_at=None)
    found = {desk.parties(down.subject, down.subject_id).owner for down in downs}
    return {pk for pk in found if pk is not None}


def _tell(case: Case, person: User, kind: str, **facts: str) -> None:
    due = case.due_at.isoformat() if case.due_at else None
    said = {"case": str(case.pk), "claimed": case.kind, "subject": case.subject, "until": due}
    key = f"{kind}:{case.pk}:{person.pk}:{facts.get('copy', '')}"
    outbox.write(key, person.pk, kind, subject_id=case.subject_id, **said, **facts)

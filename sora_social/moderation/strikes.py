"""Strikes: given with a decision against somebody, gone when they expire, with the decision, or
when a moderator voids one.

Whoever has SUSPENDED_AT of them standing is suspended until one is gone.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.timezone import now

from sora_social import audit
from sora_social.moderation import policy
from sora_social.moderation.models import Case, Strike, Subject, Takedown, TakedownQuerySet
from sora_social.moderation.rules import require_moderator, require_stranger
from sora_social.moderation.states import SUSPENDED_AT
from sora_social.moderation.takedowns import put_down, put_up
from sora_social.users.models import User

BY_STRIKES = "strikes"  # why somebody is suspended who has too many


def give(case: Case, people: Iterable[User]) -> None:
    """One strike each for this case; too many suspend."""
    given = {"reason": case.reason, "expires_at": now() + policy.stands(case.reason)}
    for person in people:
        Strike.objects.get_or_create(person=person, case=case, defaults=given)
        if _too_many(person.pk):
            put_down(Subject.PERSON, str(person.pk), case.moderator, BY_STRIKES, by_strikes=True)


def take_back(case: Case) -> None:
    """The strikes of a case are gone, and the suspensions that only stood on them."""
    struck = list(case.strikes.filter(lifted_at=None).values_list("person", flat=True))
    case.strikes.filter(lifted_at=None).update(lifted_at=now())
    _ease(Takedown.objects.filter(subject_id__in=[str(pk) for pk in struck]))


@transaction.atomic
def void(strike: Strike, moderator: User) -> None:
    """Take one strike back; the decision stands. Raises NotAModerator, OwnCase."""
    require_moderator(moderator)
    require_stranger(moderator, Subject.PERSON, str(strike.person_id))
    if Strike.objects.filter(pk=strike.pk, lifted_at=None).update(lifted_at=now()):
        facts = {"person": strike.person_id, "case": str(strike.case_id or "")}
        audit.record("strike_voided", moderator.pk, strike=str(strike.pk), **facts)
        _ease(Takedown.objects.filter(subject_id=str(strike.person_id)))


def hold(down: Takedown) -> bool:
    """Whether too many strikes keep somebody suspended, whom a decision suspended before; then it
    ends with them."""
    if down.subject != Subject.PERSON or not _too_many(int(down.subject_id)):
        return False
    Takedown.objects.filter(pk=down.pk).update(by_strikes=True, reason=BY_STRIKES)
    return True


def end_suspensions() -> None:
    """A sweeper: strikes expire, and suspensions that only stood on them end."""
    _ease(Takedown.objects.all())


def _ease(downs: TakedownQuerySet) -> None:
    standing = downs.filter(subject=Subject.PERSON, by_strikes=True, lifted_at=None)
    for down in standing:
        with transaction.atomic():
            if not _too_many(int(down.subject_id)):
                put_up(down, None)


def _too_many(person_id: int) -> bool:
    return Strike.objects.standing().filter(person=person_id).count() >= SUSPENDED_AT

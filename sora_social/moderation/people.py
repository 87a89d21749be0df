"""People as subjects of cases: whose they are is plain, and what there is to know of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sora_social.moderation import desk
from sora_social.moderation.models import Case, Strike, Subject
from sora_social.users.models import User

MOST = 20  # lines of each kind


@desk.owns(Subject.PERSON)
def whose(subject_id: str, facts: Mapping[str, Any]) -> desk.Parties:
    return desk.Parties(owner=int(subject_id))


@desk.shows(Subject.PERSON)
def about(case: Case) -> Iterator[desk.Exhibit]:
    """Who it is, strikes, and what else was decided against them."""
    person = User.objects.filter(pk=case.subject_id).first()
    if person is None:
        yield desk.Exhibit("The person", lines=(("gone", "There is no such person any more."),))
        return
    yield desk.Exhibit("The person", lines=tuple(_who(person)))
    yield desk.Exhibit("Strikes", lines=tuple(strike_lines(person)), style="timeline")
    earlier = person.cases_against.exclude(pk=case.pk).order_by("-decided_at")[:MOST]
    lines = tuple((day(one.decided_at), f"{one.decision}: {one.reason}") for one in earlier)
    yield desk.Exhibit("Decided against them before", lines=lines, style="timeline")


def _who(person: User) -> Iterator[tuple[str, str]]:
    yield "handle", f"@{person.handle}"
    yield "name", person.display_name or "none"
    yield "bio", person.bio or "none"
    yield "age", person.age_band
    yield "here since", day(person.date_joined)
    yield "suspended", "no" if person.is_active else "yes"


def strike_lines(person: User) -> Iterator[tuple[str, str]]:
    """A person's strikes, newest first, and whether each still stands."""
    for strike in Strike.objects.filter(person=person).order_by("-pk")[:MOST]:
        yield day(strike.made_at), f"{strike.get_reason_display()} — {_standing(strike)}"


def _standing(strike: Strike) -> str:
    if strike.lifted_at:
        return f"taken back {day(strike.lifted_at)}"
    return f"{'stands until' if strike.stands else 'expired'} {day(strike.expires_at)}"


def day(moment: Any) -> str:
    """A moment as moderators read it."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""

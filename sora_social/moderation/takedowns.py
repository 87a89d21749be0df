"""What is down: taken down by moderators or by strikes, shown again, each time audited."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.timezone import now

from sora_social import audit
from sora_social.moderation.models import Subject, Takedown
from sora_social.moderation.rules import require_moderator, require_stranger
from sora_social.users import services as users
from sora_social.users.models import User


def take_down(subject: str, subject_id: str, moderator: User, reason: str) -> Takedown:
    """Take a subject down; one that is down stays as it is. A person is suspended.

    Raises NotAModerator, OwnCase.
    """
    require_moderator(moderator)
    require_stranger(moderator, subject, subject_id)
    return put_down(subject, subject_id, moderator, reason)


@transaction.atomic
def put_down(
    subject: str, subject_id: str, moderator: User | None, reason: str, **because: Any
) -> Takedown:
    """The same without asking who wants it: what follows from strikes (`by_strikes`) or from a
    claim (its `case`) is nobody's wish."""
    down, new = Takedown.objects.get_or_create(
        subject=subject, subject_id=subject_id, lifted_at=None,
        defaults={"moderator": moderator, "reason": reason} | because,
    )  # fmt: skip
    if new:
        _record("taken_down", down, moderator, reason)
        for person in _person(down):
            users.suspend(person)
    return down


def lift(down: Takedown, moderator: User) -> None:
    """Show a subject again; once. Raises NotAModerator, OwnCase."""
    require_moderator(moderator)
    require_stranger(moderator, down.subject, down.subject_id)
    put_up(down, moderator)


@transaction.atomic
def put_up(down: Takedown, moderator: User | None) -> None:
    """The same without asking who wants it: suspensions by strikes end by themselves."""
    if Takedown.objects.standing().filter(pk=down.pk).update(lifted_at=now()):
        _record("takedown_lifted", down, moderator, "")
        for person in _person(down):
            users.restore(person)
    down.refresh_from_db()


def _person(down: Takedown) -> list[User]:
    if down.subject != Subject.PERSON:
        return []
    return list(User.objects.filter(pk=down.subject_id))


def _record(kind: str, down: Takedown, moderator: User | None, reason: str) -> None:
    facts = {"subject": down.subject, "subject_id": down.subject_id, "reason": reason}
    audit.record(kind, moderator.pk if moderator else None, **facts)

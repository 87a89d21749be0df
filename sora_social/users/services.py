"""What people may do: get in, follow, block, sign out, take their data along, leave."""

from __future__ import annotations

import secrets
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string
from django.utils.timezone import now

from sora_social import audit, outbox
from sora_social.errors import NotFound
from sora_social.realtime import tell
from sora_social.users import keys
from sora_social.users.errors import InviteNotValid, NotYourself, WrongPassword
from sora_social.users.export import export
from sora_social.users.models import Block, Device, Follow, Handle, Invite, PersonSession, User
from sora_social.users.relations import RELATIONS

__all__ = [
    "are_mutual",
    "block",
    "claim_handle",
    "delete_account",
    "export",
    "follow",
    "let_in",
    "make_invites",
    "plain_code",
    "release_handle",
    "require_password",
    "restore",
    "sign_out",
    "sign_out_everywhere",
    "suspend",
    "take_invite",
    "unblock",
    "unfollow",
]

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is mistaken for another
CODE_LENGTH = 12  # 59 bits: not to be guessed at 20 tries a minute


# --- getting in -----------------------------------------------------------------------------------


@transaction.atomic
def let_in(person: User, code: str = "") -> None:
    """Take the invite that is asked for, or given, and hand out the newcomer's own."""
    if code or not settings.SIGNUP_OPEN:
        take_invite(person, code)
    make_invites(settings.INVITES_PER_PERSON, giver=person)


def take_invite(person: User, code: str) -> None:
    """One compare and swap: of two takers one gets in. Raises InviteNotValid."""
    free = Invite.objects.filter(code=plain_code(code), taken_at=None)
    if not free.update(taker=person, taken_at=now()):
        raise InviteNotValid()


def make_invites(count: int, giver: User | None = None) -> list[Invite]:
    """New codes, given out by a person or, without a giver, by an operator."""
    return Invite.objects.bulk_create(Invite(code=_draw_code(), giver=giver) for _ in range(count))


def plain_code(written: str) -> str:
    """The code as stored: people write small letters, blanks and dashes."""
    return "".join(letter for letter in written.upper() if letter not in " -")


def _draw_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


# --- handles --------------------------------------------------------------------------------------


def claim_handle(owner: User, handle: str, kind: str) -> bool:
    """Take a handle for something of a person's; False when it is anybody's already."""
    try:
        with transaction.atomic():
            Handle.objects.create(handle=handle, owner=owner, kind=kind)
    except IntegrityError:
        return False
    return True


def release_handle(owner: User, handle: str, kind: str) -> None:
    """Whoever wants it may have it from now on."""
    Handle.objects.filter(handle=handle, owner=owner, kind=kind).delete()


# --- following and blocking -----------------------------------------------------------------------


@transaction.atomic
def follow(person: User, other: User) -> None:
    """Follow somebody; a second time changes nothing. Raises NotYourself, NotFound."""
    _lock(person, other)
    if not User.objects.visible_to(person).filter(pk=other.pk).exists():
        raise NotFound()
    if Follow.objects.get_or_create(follower=person, followed=other)[1]:
        key = f"follow:{person.pk}:{other.pk}"  # once, however often it is undone
        outbox.write(key, other.pk, "follow", by=person.handle)
    RELATIONS.forget(person.pk, other.pk)


def unfollow(person: User, other: User) -> None:
    Follow.objects.filter(follower=person, followed=other).delete()
    RELATIONS.forget(person.pk, other.pk)


@transaction.atomic
def block(person: User, other: User) -> None:
    """Block somebody, which ends the follows both ways. Raises NotYourself."""
    _lock(person, other)
    Block.objects.get_or_create(blocker=person, blocked=other)
    _follows_between(person, other).delete()
    RELATIONS.forget(person.pk, other.pk)


def unblock(person: User, other: User) -> None:
    Block.objects.filter(blocker=person, blocked=other).delete()
    RELATIONS.forget(person.pk, other.pk)


def are_mutual(one: User | int, other: User | int) -> bool:
    """Do they, or those with these numbers, follow each other?"""
    return _follows_between(one, other).count() == 2


def _follows_between(one: User | int, other: User | int) -> QuerySet[Follow]:
    return Follow.objects.filter(Q(follower=one, followed=other) | Q(follower=other, followed=one))


def _lock(person: User, other: User) -> None:
    """One at a time between two people, so that no follow slips past a block."""
    if person.pk == other.pk:
        raise NotYourself()
    pair = User.objects.select_for_update(no_key=True).filter(pk__in=[person.pk, other.pk])
    list(pair.order_by("pk"))


# --- signing out ----------------------------------------------------------------------------------


@transaction.atomic
def sign_out(device: Device) -> None:
    """End a device: its token, its session, its sockets."""
    if Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=now()):
        PersonSession.objects.filter(device=device).delete()
        gone = partial(tell, device.user_id, "signed_out", device=str(device.pk))
        transaction.on_commit(gone, robust=True)


def sign_out_everywhere(person: User, keep: str | UUID | None = None) -> None:
    """End every device of a person but the one to keep."""
    for device in person.devices.filter(revoked_at=None):
        if str(device.pk) != str(keep):
            sign_out(device)


@transaction.atomic
def suspend(person: User) -> None:
    """Nobody sees a suspended person, nobody is signed in as one, and no key of theirs works."""
    User.objects.filter(pk=person.pk).update(is_active=False)
    sign_out_everywhere(person)
    keys.revoke_all(person)
    PersonSession.objects.filter(person=person).delete()


def restore(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=True)


# --- leaving --------------------------------------------------------------------------------------


def require_password(person: User, password: str) -> None:
    """Raises WrongPassword."""
    if not person.check_password(password):
        raise WrongPassword()


@transaction.atomic
def delete_account(person: User) -> None:
    """Delete a person and all there is of them; the audit chain keeps the number alone."""
    if User.objects.select_for_update().filter(pk=person.pk).first() is None:
        return  # a second wish, that waited for the first
    for forget in settings.ON_DELETION:
        import_string(forget)(person)
    audit.record("account_deleted", person.pk)
    transaction.on_commit(partial(tell, person.pk, "signed_out", device=None), robust=True)
    person.delete()

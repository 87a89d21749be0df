"""Passkeys of moderators: asked for in place of a code, added and removed at the console.

allauth keeps them and lets fido2 check them; here stands what the console asks besides.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.db import transaction

from sora_social import audit
from sora_social.moderation.errors import LastFactor, TooManyPasskeys
from sora_social.users.models import User

MOST, LONGEST_NAME = 10, 60
MALFORMED = (LookupError, TypeError, ValueError, AttributeError, struct.error)  # to fido2's parsers


class PasskeyForm(AuthenticateWebAuthnForm):
    """The answer of a passkey to what `asked_of` asked; few wrong ones are let pass."""

    def clean_credential(self) -> Authenticator:
        with _a_refusal():
            return super().clean_credential()


class AddPasskeyForm(AddWebAuthnForm):
    """What a browser made when `asked_for` asked for a passkey, and what its owner calls it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(max_length=LONGEST_NAME, required=False)
        del self.fields["passwordless"]  # the console always wants the password as well

    def clean(self) -> dict[str, Any]:
        with _a_refusal():
            return super().clean()


@contextmanager
def _a_refusal() -> Iterator[None]:
    """A malformed answer is a wrong one, wherever the libraries stumble over it."""
    try:
        yield
    except MALFORMED as malformed:
        raise get_adapter().validation_error("incorrect_code") from malformed


def of(person: User) -> list[Authenticator]:
    """Their passkeys, oldest first."""
    kept = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
    return list(kept.order_by("pk"))


def asked_of(person: User) -> dict[str, Any]:
    """What to ask the browser for; the answer is good once, in this session."""
    return auth.begin_authentication(person)


def asked_for(person: User) -> dict[str, Any]:
    """What to ask the browser to make."""
    return auth.begin_registration(person, passwordless=False)


@transaction.atomic
def add(person: User, name: str, credential: dict[str, Any]) -> None:
    """Keep a checked passkey. Raises TooManyPasskeys."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)  # counted one by one
    if len(of(person)) >= MOST:
        raise TooManyPasskeys(at_most=MOST)
    auth.WebAuthn.add(person, name, credential)
    audit.record("moderator.passkey_added", person.pk)


@transaction.atomic
def remove(person: User, pk: str) -> None:
    """End one of theirs, unless nothing would be left to sign in with. Raises LastFactor."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    mine = Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES)
    found = next((one for one in of(person) if str(one.pk) == pk), None)
    if found is None:
        return
    if not mine.exclude(pk=found.pk).exists():
        raise LastFactor()
    found.delete()
    audit.record("moderator.passkey_removed", person.pk)

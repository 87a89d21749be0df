"""Passkeys of moderators: added and removed at the console."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.db import transaction

from sora_social import audit
from sora_social.moderation.errors import LastFactor, TooManyPasskeys
from sora_social.users.models import User
from sora_social.users.second_factor import a_refusal

MOST, LONGEST_NAME = 10, 60


class AddPasskeyForm(AddWebAuthnForm):
    """What a browser made when `asked_for` asked for a passkey, and what its owner calls it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(max_length=LONGEST_NAME, required=False)
        del self.fields["passwordless"]  # the console always wants the password as well

    def clean(self) -> dict[str, Any]:
        with a_refusal():
            return super().clean()


def of(person: User) -> list[Authenticator]:
    """Their passkeys, oldest first."""
    kept = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
    return list(kept.order_by("pk"))


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

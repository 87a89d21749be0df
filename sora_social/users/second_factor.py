"""The second factor of a sign-in on pages of our own: a one-time code or a passkey.

allauth keeps factors and checks them; here stands what our pages ask besides. Until both are right
nobody is signed in: the password leaves no more than a note in the session.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from django.http import HttpRequest

from sora_social.users.models import User

PENDING_FOR = 5 * 60  # seconds
CODES = {Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES}
FACTORS = {*CODES, Authenticator.Type.WEBAUTHN}
MALFORMED = (LookupError, TypeError, ValueError, AttributeError, struct.error)  # to fido2's parsers


class Lobby(NamedTuple):
    """Where somebody stands after the right password. Each door has its own: who stands in one
    has given nothing to another."""

    key: str  # of the note in the session

    def enter(self, request: HttpRequest, person: User, **noted: Any) -> None:
        request.session.cycle_key()
        request.session[self.key] = {"person": person.pk, "at": time.time(), **noted}

    def who(self, request: HttpRequest) -> User | None:
        """Who gave the right password a moment ago, and nothing more yet."""
        noted: dict[str, Any] = request.session.get(self.key) or {}
        if time.time() - noted.get("at", 0) > PENDING_FOR:
            return None
        return User.objects.present().filter(pk=noted["person"]).first()

    def leave(self, request: HttpRequest) -> dict[str, Any]:
        """What was noted when they came."""
        return request.session.pop(self.key, None) or {}


class PasskeyForm(AuthenticateWebAuthnForm):
    """The answer of a passkey to what `asked_of` asked; few wrong ones are let pass."""

    def clean_credential(self) -> Authenticator:
        with a_refusal():
            return super().clean_credential()


Proof = AuthenticateForm | AuthenticateWebAuthnForm


@contextmanager
def a_refusal() -> Iterator[None]:
    """A malformed answer is a wrong one, wherever the libraries stumble over it."""
    try:
        yield
    except MALFORMED as malformed:
        raise get_adapter().validation_error("incorrect_code") from malformed


def factors(person: User) -> set[str]:
    """The kinds of second factor the person has."""
    kept = Authenticator.objects.filter(user=person, type__in=FACTORS)
    return set(kept.values_list("type", flat=True))


def asked_of(person: User) -> dict[str, Any] | None:
    """What to ask the browser for, if there is a passkey to ask for; the answer is good once, in
    this session."""
    has_passkey = Authenticator.Type.WEBAUTHN in factors(person)
    return auth.begin_authentication(person) if has_passkey else None


def sent(request: HttpRequest, field: str) -> Any:
    """What was posted, where that field was."""
    return request.POST if field in request.POST else None

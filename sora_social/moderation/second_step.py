"""The second step of a moderator's sign-in: a one-time code or a passkey after the password.

Until both are right nobody is signed in: the password leaves no more than a note in the session.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from django.contrib.auth import login
from django.http import HttpRequest

from sora_social.users.models import User

PENDING, PROVEN = "console.pending", "console.proven"
PENDING_FOR, PROVEN_FOR = 5 * 60, 12 * 3600  # seconds
CHANGES_FOR = 10 * 60  # seconds for which the proof lets its owner change what proves them
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CODES = {Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES}
FACTORS = {*CODES, Authenticator.Type.WEBAUTHN}


def begin(request: HttpRequest, person: User, next_page: str) -> None:
    """The password was right: remember who is to prove themselves, and where to go then."""
    request.session.cycle_key()
    request.session[PENDING] = {"person": person.pk, "at": time.time(), "next": next_page}


def waiting(request: HttpRequest) -> User | None:
    """Who gave the right password a moment ago, and nothing more yet."""
    noted: dict[str, Any] = request.session.get(PENDING) or {}
    if time.time() - noted.get("at", 0) > PENDING_FOR:
        return None
    found = User.objects.present().filter(pk=noted["person"], is_staff=True)
    return found.first()


def start_over(request: HttpRequest) -> None:
    request.session.pop(PENDING, None)


def factors(person: User) -> set[str]:
    """The kinds of second factor the person has."""
    kept = Authenticator.objects.filter(user=person, type__in=FACTORS)
    return set(kept.values_list("type", flat=True))


def finish(
    request: HttpRequest, person: User, form: AuthenticateForm | AuthenticateWebAuthnForm
) -> str:
    """The code or the passkey was right: sign in; where to go."""
    next_page: str = request.session.pop(PENDING)["next"]
    login(request, person, backend=BACKEND)
    form.save()
    request.session[PROVEN] = {"person": person.pk, "at": time.time()}
    return next_page


def proven(request: HttpRequest, within: float = PROVEN_FOR) -> bool:
    """Whether this very session gave both, not too long ago."""
    noted: dict[str, Any] = request.session.get(PROVEN) or {}
    fresh = time.time() - noted.get("at", 0) <= within
    return fresh and noted.get("person") == request.user.pk

"""Signing in to answer an app: a password, and the second factor of whoever has one.

It opens the consent page and nothing else, no console and no API. It lasts until the answer, ten
minutes at most, and ends when the password is changed.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings as accounts
from allauth.account.utils import has_verified_email
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.crypto import constant_time_compare

from sora_social.users.models import User
from sora_social.users.second_factor import Lobby, Proof, factors

LOBBY, SIGNED_IN = Lobby("consent.pending"), "consent.person"
LASTS = 10 * 60  # seconds


def may_enter(person: User) -> bool:
    """Present, and with a proven e-mail address where the site wants one for signing in."""
    wanted = accounts.EMAIL_VERIFICATION == accounts.EmailVerificationMethod.MANDATORY
    return person.is_active and (has_verified_email(person) or not wanted)


def password_was_right(request: HttpRequest, person: User) -> None:
    """On to the second factor, or in, where there is none."""
    if factors(person):
        LOBBY.enter(request, person)
    else:
        _sign_in(request, person)


def second_factor_was_right(request: HttpRequest, person: User, form: Proof) -> None:
    form.save()
    _sign_in(request, person)


def _sign_in(request: HttpRequest, person: User) -> None:
    """Under a new session id and a new CSRF secret: a form from before is worth nothing."""
    LOBBY.leave(request)
    request.session.cycle_key()
    rotate_token(request)
    request.session[SIGNED_IN] = {
        "person": person.pk,
        "at": time.time(),
        "password": person.get_session_auth_hash(),
    }


def signed_in(request: HttpRequest) -> User | None:
    """Who gave all that was asked for, a moment ago, and has the same password still."""
    noted: dict[str, Any] = request.session.get(SIGNED_IN) or {}
    if time.time() - noted.get("at", 0) > LASTS:
        return None
    person = User.objects.present().filter(pk=noted["person"]).first()
    same = person and constant_time_compare(noted["password"], person.get_session_auth_hash())
    return person if same else None


def sign_out(request: HttpRequest) -> None:
    LOBBY.leave(request)
    request.session.pop(SIGNED_IN, None)

"""The second step of a moderator's sign-in: a one-time code or a passkey after the password."""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest

from sora_social.users.models import User
from sora_social.users.second_factor import Lobby, Proof

LOBBY, PROVEN = Lobby("console.pending"), "console.proven"
PROVEN_FOR = 12 * 3600  # seconds
CHANGES_FOR = 10 * 60  # seconds for which the proof lets its owner change what proves them
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def waiting(request: HttpRequest) -> User | None:
    """The moderator who gave the right password a moment ago, and nothing more yet."""
    person = LOBBY.who(request)
    return person if person and person.is_moderator else None


def finish(request: HttpRequest, person: User, form: Proof) -> str:
    """The code or the passkey was right: sign in; where to go."""
    next_page: str = LOBBY.leave(request)["next"]
    login(request, person, backend=BACKEND)
    form.save()
    request.session[PROVEN] = {"person": person.pk, "at": time.time()}
    return next_page


def proven(request: HttpRequest, within: float = PROVEN_FOR) -> bool:
    """Whether this very session gave both, not too long ago."""
    noted: dict[str, Any] = request.session.get(PROVEN) or {}
    fresh = time.time() - noted.get("at", 0) <= within
    return fresh and noted.get("person") == request.user.pk

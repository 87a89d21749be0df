"""An app as others write one: public, with PKCE."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from sora_social.oauth import services
from sora_social.oauth.models import App
from sora_social.users.models import User
from tests.people import person, signed_in

BACK = "https://studio.example/back"
VERIFIER = "v" * 43
CONSENT = "/api/v1/me/authorizations/request/"


def challenge(verifier: str = VERIFIER) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def registered(*uris: str, owner: User | None = None) -> App:
    return services.register(owner or person(), "Studio", [*(uris or [BACK])])


def question(app: App, **changes: str | None) -> dict[str, str]:
    usual = {
        "client_id": str(app.pk),
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "videos:read videos:write",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
        "state": "xyz",
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def allowed(who: User, app: App, **changes: str) -> str:
    """The code that the app is sent when somebody says yes."""
    answer = signed_in(who).post(CONSENT, question(app, **changes) | {"allowed": True}, "json")
    assert answer.status_code == 200, answer.content
    return parse_qs(urlsplit(answer.json()["redirect_to"]).query)["code"][0]


def token(app: App, code: str, /, **changes: str) -> Any:
    """What the token endpoint says to the app."""
    form = {
        "grant_type": "authorization_code",
        "client_id": str(app.pk),
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    } | changes
    return send("/oauth/token", {name: value for name, value in form.items() if value})


def renewed(app: App, refresh_token: str, **more: str) -> Any:
    form = {"grant_type": "refresh_token", "client_id": str(app.pk)}
    return send("/oauth/token", form | {"refresh_token": refresh_token} | more)


def send(path: str, form: dict[str, str]) -> Any:
    """A form as OAuth libraries send it."""
    return Client().post(path, urlencode(form), "application/x-www-form-urlencoded")

"""Sign-up and sign-in as an app does them."""

from __future__ import annotations

from typing import Any

from django.test import Client

from sora_social.users.services import make_invites

AUTH = "/_allauth/app/v1/auth"
PASSWORD = "unlikely-words-7"


def code() -> str:
    return make_invites(1)[0].code


def post(path: str, session: str = "", device: str = "", **body: Any) -> Any:
    headers = {"X-Device-Name": device, "X-Session-Token": session}
    sent = {name: value for name, value in headers.items() if value}
    return Client().post(f"{AUTH}{path}", body, content_type="application/json", headers=sent)


def sign_up(handle: str = "ada", device: str = "", **fields: Any) -> Any:
    wish = {"username": handle, "password": PASSWORD, "birthdate": "1990-05-17"} | fields
    return post("/signup", device=device, **wish)


def sign_in(device: str = "", password: str = PASSWORD, **who: str) -> Any:
    return post("/login", device=device, password=password, **who)


def refusals(response: Any) -> list[tuple[str, str]]:
    """(field, code) of every refusal, after checking that it is one."""
    assert response.status_code == 400, response.content
    return [(error.get("param"), error["code"]) for error in response.json()["errors"]]

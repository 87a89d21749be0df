"""People for tests, signed in with the tokens that the API takes."""

from __future__ import annotations

import datetime
import time
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from allauth.mfa import app_settings as mfa
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from sora_social.floods import requests_of
from sora_social.moderation.appointing import appoint
from sora_social.users import keys, services
from sora_social.users.models import User
from sora_social.users.tokens import issue

PASSWORD = "correct-horse-9"
ADULT_BIRTHDATE, TEEN_AGE = datetime.date(1990, 5, 17), 15
_numbers = count(1)


def person(handle: str | None = None, **fields: Any) -> User:
    """Somebody who is adult unless `birthdate` says otherwise; the password is PASSWORD."""
    fields = {"birthdate": ADULT_BIRTHDATE} | fields
    user = User.objects.create_user(handle or f"person_{next(_numbers)}", **fields)
    if "password" not in fields:
        User.objects.filter(pk=user.pk).update(password=_hashed())
        user.refresh_from_db()
    return user


@cache
def _hashed() -> str:
    """Argon2 is slow on purpose: once per run is enough."""
    return make_password(PASSWORD)


def teen(handle: str | None = None) -> User:
    """A person of 15."""
    year = datetime.date.today().year - TEEN_AGE
    return person(handle, birthdate=datetime.date(year, 1, 1))


def moderator(handle: str | None = None) -> User:
    return person(handle, is_staff=True, is_superuser=True)


def with_key(user: User, *scopes: str) -> APIClient:
    """A client that sends a real key, for everything unless scopes are named; not at first."""
    requests_of(user.pk)
    client = APIClient()
    _, token = keys.make(user, scopes=scopes or keys.ALL_SCOPES)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def signed_in(user: User, device: str = "") -> APIClient:
    """A client that sends a real device token; not at first."""
    requests_of(user.pk)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue(user, device)[1]}")
    return client


def at_console(user: User) -> Client:
    """A browser in which a moderator has signed in to the console: password, then code."""
    browser = Client(REMOTE_ADDR=f"10.9.{next(_numbers) % 250}.{next(_numbers) % 250}")
    page = reverse("admin:login")
    browser.post(page, {"username": user.handle, "password": PASSWORD, "next": "/admin/"})
    assert browser.post(page, {"code": code_of(user)}).status_code == 302
    return browser


def code_of(user: User) -> str:
    """A code that the moderator's authenticator app shows now; the app is set up anew."""
    uri = appoint(user, anew=True)[0]
    return shown_now(parse_qs(urlsplit(uri).query)["secret"][0])


def shown_now(secret: str) -> str:
    """The code of this half minute; tests take it in the next one too, as pages may be slow."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // mfa.TOTP_PERIOD))


def follow(follower: User, followed: User) -> None:
    services.follow(follower, followed)


def make_mutual(one: User, other: User) -> None:
    follow(one, other)
    follow(other, one)

"""Signing in at the console: a password, then a code, and nothing before both."""

from __future__ import annotations

import time
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from sora_social.audit import AuditRecord
from sora_social.moderation import second_step
from sora_social.moderation.appointing import appoint
from sora_social.users import second_factor
from sora_social.users.models import PersonSession, User
from tests.people import PASSWORD, at_console, code_of, person

pytestmark = pytest.mark.django_db
CONSOLE = "/admin/moderation/case/"


@pytest.fixture
def judge() -> User:
    return person("judge", is_staff=True)


def page() -> str:
    return reverse("admin:login")


def first_step(browser: Client, handle: str = "judge", password: str = PASSWORD):
    return browser.post(page(), {"username": handle, "password": password, "next": CONSOLE})


def second(browser: Client, code: str):
    return browser.post(page(), {"code": code})


def test_a_password_and_a_code_let_a_moderator_in_and_on(judge, client):
    code = code_of(judge)
    assert client.get(page()).status_code == 200
    assert first_step(client).status_code == 302
    assert b'name="code"' in client.get(page()).content
    done = second(client, code)
    assert (done.status_code, done["Location"]) == (302, CONSOLE)
    assert client.get(CONSOLE).status_code == 200


def test_the_password_alone_signs_nobody_in(judge, client):
    code_of(judge)
    first_step(client)
    assert client.get(CONSOLE).status_code == 302
    assert "_auth_user_id" not in client.session
    assert not PersonSession.objects.filter(person=judge).exists()


def test_a_session_that_gave_no_code_is_closed_out(judge, client):
    client.force_login(judge)  # as any other way of signing in would leave it
    assert client.get(CONSOLE).status_code == 302


def test_a_moderator_without_a_second_factor_reads_how_to_get_one_and_nothing_else(judge, client):
    first_step(client)
    shown = client.get(page())
    assert (shown.status_code, b'id="enrol"' in shown.content) == (403, True)
    assert second(client, "000000").status_code == 403
    for path in ("/admin/", CONSOLE, "/admin/users/user/"):
        assert client.get(path).status_code == 302


@pytest.mark.parametrize("code", ["", "000000", "abc", "1" * 500])
def test_a_wrong_code_lets_nobody_in(judge, client, code):
    code_of(judge)
    first_step(client)
    assert second(client, code).status_code == 200
    assert client.get(CONSOLE).status_code == 302


def test_a_code_works_once(judge, client):
    code = code_of(judge)
    first_step(client)
    second(client, code)
    other = Client()
    first_step(other)
    assert second(other, code).status_code == 200
    assert other.get(CONSOLE).status_code == 302


def test_a_recovery_code_works_once(judge, client):
    codes = appoint(judge)[1:]
    first_step(client)
    assert second(client, codes[0]).status_code == 302
    other = Client()
    first_step(other)
    assert second(other, codes[0]).status_code == 200
    assert second(other, codes[1]).status_code == 302


def test_guessing_codes_is_limited_even_for_the_right_one(judge, client):
    code = code_of(judge)
    first_step(client)
    for guess in range(6):
        second(client, f"{guess:06}")
    assert second(client, code).status_code == 200
    assert client.get(CONSOLE).status_code == 302


def test_guessing_passwords_is_limited(settings, judge):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # it is not asked
    tries = [first_step(Client(), password="wrong-words-1").status_code for _ in range(32)]
    assert (tries[0], tries[-1]) == (200, 429)


def test_who_is_no_moderator_is_not_asked_for_a_code(client):
    person("ada")
    assert first_step(client, "ada").status_code == 200
    assert b'name="code"' not in client.get(page()).content


def test_a_code_without_a_password_is_nothing(judge, client):
    assert second(client, code_of(judge)).status_code == 200
    assert client.get(CONSOLE).status_code == 302


def test_the_first_step_is_forgotten_after_a_while(judge, client, monkeypatch):
    code = code_of(judge)
    first_step(client)
    later = time.time() + second_factor.PENDING_FOR + 1
    monkeypatch.setattr(second_factor.time, "time", lambda: later)
    assert b'name="password"' in client.get(page()).content
    assert second(client, code).status_code == 200


def test_the_proof_ends_after_a_working_day(judge, monkeypatch):
    browser = at_console(judge)
    assert browser.get(CONSOLE).status_code == 200
    later = time.time() + second_step.PROVEN_FOR + 1
    monkeypatch.setattr(second_step.time, "time", lambda: later)
    assert browser.get(CONSOLE).status_code == 302


def test_a_dismissed_moderator_is_out_at_once(judge):
    browser = at_console(judge)
    call_command("moderator", "judge", "--no-more")
    assert browser.get(CONSOLE).status_code == 302
    assert not User.objects.get().is_moderator


def test_one_starts_over_with_another_name(judge, client):
    code_of(judge)
    first_step(client)
    assert b'name="password"' in client.get(page(), {"again": "1"}).content


def test_the_next_page_is_one_of_ours(judge, client):
    code = code_of(judge)
    client.post(
        page(), {"username": "judge", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert second(client, code)["Location"] == reverse("admin:index")


# --- the command ---


def appointed(*more: str) -> list[str]:
    told = StringIO()
    call_command("moderator", *more, stdout=told)
    return told.getvalue().split()


def test_an_operator_makes_a_moderator_and_hears_the_secret_once():
    ada = person("ada")
    told = appointed("ADA")
    assert told[0].startswith("otpauth://totp/ada?secret=")
    assert "issuer=Sora%20Social" in told[0]
    assert len(told) == 11
    assert User.objects.get().is_moderator
    assert appointed("ada") == []
    kinds = AuditRecord.objects.values_list("kind", flat=True).order_by("pk")
    assert list(kinds) == ["moderator.appointed", "moderator.enrolled"]
    assert told[0] not in str([*Authenticator.objects.filter(user=ada).values()])


def test_a_lost_device_is_replaced():
    person("ada")
    assert appointed("ada")[0] != appointed("ada", "--anew")[0]
    assert Authenticator.objects.count() == 2


def test_nobody_is_no_moderator():
    with pytest.raises(CommandError, match="nobody called bee"):
        appointed("bee")

"""Passkeys at the console: added after a code, then asked for in place of one."""

from __future__ import annotations

import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from sora_social.audit import AuditRecord
from sora_social.moderation import passkeys, second_step
from sora_social.users.models import User
from tests.moderation.authenticator import SecurityKey
from tests.people import PASSWORD, at_console, person

pytestmark = pytest.mark.django_db
CONSOLE = "/admin/moderation/case/"
PAGE = "/admin/passkeys/"


@pytest.fixture
def judge() -> User:
    return person("judge", is_staff=True)


@pytest.fixture
def console(judge) -> Client:
    return at_console(judge)


@pytest.fixture
def key(console) -> SecurityKey:
    """One that is added already."""
    made = SecurityKey()
    assert add(console, made).status_code == 302
    return made


def asked(shown) -> dict:
    """What the page asks the browser for."""
    found = re.search(rb'id="passkey-asked"[^>]*>(.*?)</script>', shown.content)
    assert found
    return json.loads(found[1])


def add(console: Client, key: SecurityKey, name: str = "The blue one"):
    made = key.made(asked(console.get(PAGE)))
    return console.post(PAGE, {"name": name, "credential": json.dumps(made)})


def login() -> str:
    return reverse("admin:login")


def after_password() -> Client:
    browser = Client()
    browser.post(login(), {"username": "judge", "password": PASSWORD, "next": CONSOLE})
    return browser


def answer(browser: Client, said: object):
    return browser.post(login(), {"credential": json.dumps(said)})


def test_a_passkey_after_the_password_lets_a_moderator_in_and_on(key):
    browser = after_password()
    done = answer(browser, key.answered(asked(browser.get(login()))))
    assert (done.status_code, done["Location"]) == (302, CONSOLE)
    assert browser.get(CONSOLE).status_code == 200


def test_a_code_still_lets_in_whoever_has_a_passkey_too(key, judge):
    shown = after_password().get(login()).content
    assert (b'id="passkey-form"' in shown, b'name="code"' in shown) == (True, True)


def test_with_a_passkey_alone_no_code_is_asked_for(key, judge):
    Authenticator.objects.filter(user=judge).exclude(type="webauthn").delete()
    browser = after_password()
    shown = browser.get(login())
    assert (shown.status_code, b'name="code"' in shown.content) == (200, False)
    assert answer(browser, key.answered(asked(shown))).status_code == 302


def test_a_passkey_without_the_password_is_nothing(key):
    other = after_password()
    said = key.answered(asked(other.get(login())))
    stranger = Client()
    assert answer(stranger, said).status_code == 200
    assert stranger.get(CONSOLE).status_code == 302


def test_an_answer_is_good_once_and_in_its_own_session(key):
    browser, other = after_password(), after_password()
    said = key.answered(asked(browser.get(login())))
    other.get(login())
    assert answer(other, said).status_code == 200
    assert answer(browser, said).status_code == 302
    again = after_password()
    again.get(login())
    assert answer(again, said).status_code == 200
    assert again.get(CONSOLE).status_code == 302


def test_another_key_another_site_and_another_persons_key_are_refused(key, judge):
    evil = SecurityKey("https://evil.example")
    evil.id, evil._key = key.id, key._key
    bee = person("bee", is_staff=True)
    theirs = SecurityKey()
    add(at_console(bee), theirs)
    for stranger in (SecurityKey(), evil, theirs):
        browser = after_password()
        said = stranger.answered(asked(browser.get(login())))
        assert answer(browser, said).status_code == 200
        assert browser.get(CONSOLE).status_code == 302


MALFORMED = [
    None, [], 1, "x", {}, {"id": "a"}, {"id": "a", "rawId": "b"}, {"rawId": 3, "response": []},
    {"rawId": "AA", "id": "AA", "type": "public-key", "response": {"clientDataJSON": "e30"}},
    {
        "rawId": "AA",
        "id": "AA",
        "type": "public-key",
        "response": {
            "clientDataJSON": "e30", "attestationObject": "AA",
            "authenticatorData": "A" * 50, "signature": "AA",
        },
    },
]  # fmt: skip


@pytest.mark.parametrize("said", MALFORMED)
def test_what_is_no_answer_is_a_wrong_one(key, judge, console, said):
    browser = after_password()
    browser.get(login())
    assert answer(browser, said).status_code == 200
    assert browser.get(CONSOLE).status_code == 302
    console.get(PAGE)
    sent = {"name": "x", "credential": json.dumps(said)}
    assert console.post(PAGE, sent).status_code == 200
    assert len(passkeys.of(judge)) == 1


@pytest.mark.parametrize("part", ["clientDataJSON", "attestationObject"])
@pytest.mark.parametrize("cut", [1, 60, 200])
def test_a_passkey_cut_short_is_not_added(console, judge, part, cut):
    made = SecurityKey().made(asked(console.get(PAGE)))
    made["response"][part] = made["response"][part][:-cut]
    sent = {"name": "x", "credential": json.dumps(made)}
    assert console.post(PAGE, sent).status_code == 200
    assert passkeys.of(judge) == []


def test_wrong_answers_are_limited_even_for_the_right_key(key):
    for _ in range(6):
        browser = after_password()
        answer(browser, SecurityKey().answered(asked(browser.get(login()))))
    browser = after_password()
    assert answer(browser, key.answered(asked(browser.get(login())))).status_code == 200


# --- keeping them ---


def test_what_is_added_and_removed_stands_in_the_audit_chain(key, console, judge):
    kept = passkeys.of(judge)
    assert [one.wrap().name for one in kept] == ["The blue one"]
    assert console.post(PAGE, {"remove": str(kept[0].pk)}).status_code == 302
    assert passkeys.of(judge) == []
    kinds = AuditRecord.objects.filter(kind__contains="passkey").order_by("pk")
    assert [*kinds.values_list("kind", "actor_id")] == [
        ("moderator.passkey_added", judge.pk),
        ("moderator.passkey_removed", judge.pk),
    ]


def test_the_last_factor_is_not_removed(key, console, judge):
    Authenticator.objects.filter(user=judge, type="totp").delete()  # recovery codes run out
    shown = console.post(PAGE, {"remove": str(passkeys.of(judge)[0].pk)})
    assert b"add another first" in shown.content
    assert len(passkeys.of(judge)) == 1


@pytest.mark.parametrize("pk", ["", "x", "0", "1e9", "9" * 40])
def test_only_ones_own_passkeys_are_removed(key, console, judge, pk):
    console.post(PAGE, {"remove": pk})
    bee = at_console(person("bee", is_staff=True))
    bee.post(PAGE, {"remove": str(passkeys.of(judge)[0].pk)})
    assert len(passkeys.of(judge)) == 1


def test_a_console_left_open_adds_and_removes_nothing(key, console, judge, monkeypatch):
    made = SecurityKey().made(asked(console.get(PAGE)))
    later = time.time() + second_step.CHANGES_FOR + 1
    monkeypatch.setattr(second_step.time, "time", lambda: later)
    shown = console.get(PAGE)
    assert (shown.status_code, b'id="stale"' in shown.content) == (200, True)
    console.post(PAGE, {"name": "x", "credential": json.dumps(made)})
    console.post(PAGE, {"remove": str(passkeys.of(judge)[0].pk)})
    assert [one.wrap().name for one in passkeys.of(judge)] == ["The blue one"]


def test_nobody_keeps_more_than_ten(console, judge, monkeypatch):
    monkeypatch.setattr(passkeys, "MOST", 1)
    assert add(console, SecurityKey()).status_code == 302
    assert b"Remove one of your passkeys first." in add(console, SecurityKey()).content
    assert len(passkeys.of(judge)) == 1


def test_a_long_name_is_refused_and_an_empty_one_is_given(console, judge):
    assert add(console, SecurityKey(), "x" * 61).status_code == 200
    assert add(console, SecurityKey(), "").status_code == 302
    assert [one.wrap().name for one in passkeys.of(judge)] == ["Master key"]


def test_replacing_what_was_lost_ends_the_passkeys_too(key, judge):
    call_command("moderator", "judge", "--anew")
    assert passkeys.of(judge) == []


def test_the_page_is_closed_to_all_but_moderators_who_proved_themselves(judge, client):
    client.force_login(judge)
    assert client.get(PAGE).status_code == 302

"""What a key opens: by scope, from where, at what cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from rest_framework.settings import api_settings
from rest_framework.test import APIRequestFactory
from time_machine import travel

from sora_social.users import keys
from sora_social.users.models import ApiKey
from tests.people import person
from tests.users.entering import Door, enter

pytestmark = pytest.mark.django_db


def test_request_auth_is_the_key():
    key, token = keys.make(person("ada"))
    assert enter(token).data == {"person": "ada", "key": str(key.pk)}


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        (["videos:read"], [200, 403, 403]),
        (["videos:write"], [403, 200, 200]),
        (["videos:read", "videos:write"], [200, 200, 200]),
        (["files"], [403, 403, 403]),
    ],
)
def test_a_key_does_what_its_scopes_say(scopes, statuses):
    token = keys.make(person("ada"), scopes=scopes)[1]
    found = [enter(token, method=method) for method in ("get", "post", "delete")]
    assert [answer.status_code for answer in found] == statuses


def test_a_missing_scope_is_named():
    token = keys.make(person("ada"), scopes=["files"])[1]
    answer = enter(token, method="post")
    assert (answer.data["code"], "videos:write" in answer.data["message"]) == (
        "missing_scope",
        True,
    )


@pytest.mark.parametrize("token", ["", "sk-sora-", "sk-sora-" + "a" * 43, "\xff", "vat_x", "a b"])
def test_what_is_no_key_is_refused(token):
    keys.make(person("ada"))
    answer = enter(token)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_without_a_key_nobody_enters():
    assert Door.as_view()(APIRequestFactory().get("/")).status_code == 401


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("192.0.2.7", 200),
        ("::ffff:192.0.2.7", 200),  # the same, as a socket of both kinds says it
        ("192.0.2.8", 403),
        ("2001:db8:0:1::5", 200),
        ("2001:db8:1::5", 403),
        ("", 403),
        ("unix:", 403),
    ],
)
def test_a_key_bound_to_networks_is_taken_from_them_alone(address, status):
    token = keys.make(person("ada"), addresses=["192.0.2.7/32", "2001:db8::/48"])[1]
    answer = enter(token, address)
    assert answer.status_code == status
    assert status == 200 or answer.data["code"] == "address_not_allowed"


def test_who_calls_does_not_say_from_where(monkeypatch):
    token = keys.make(person("ada"), addresses=["192.0.2.7/32"])[1]
    claimed = {"X-Forwarded-For": "192.0.2.7"}
    assert enter(token, "203.0.113.9", **claimed).status_code == 403
    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)  # behind a proxy that is to be believed
    assert enter(token, "203.0.113.9", **claimed).status_code == 200


def test_a_refused_use_is_not_a_use():
    token = keys.make(person("ada"), addresses=["192.0.2.7/32"])[1]
    enter(token, "192.0.2.8")
    assert ApiKey.objects.get().used_at is None


def test_the_last_use_is_written_at_most_once_a_minute():
    token = keys.make(person("ada"))[1]
    begun = now()
    seen = []
    for seconds, address in [(0, "192.0.2.1"), (30, "192.0.2.2"), (61, "2001:db8::1")]:
        with travel(begun + timedelta(seconds=seconds), tick=False):
            enter(token, address)
        seen.append(ApiKey.objects.get().used_from)
    assert seen == ["192.0.2.1", "192.0.2.1", "2001:db8::1"]
    assert ApiKey.objects.get().used_at == begun + timedelta(seconds=61)


def test_a_key_among_many_is_one_question():
    counts = []
    for many in (1, 10):
        for _ in range(many):
            token = keys.make(person())[1]
        enter(token)
        with CaptureQueriesContext(connection) as asked:
            assert enter(token).status_code == 200
        counts.append(len(asked))
    assert counts == [1, 1]

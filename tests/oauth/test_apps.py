"""Apps of others: registered, allowed in plain words, given tokens once, ended at any time."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now
from time_machine import travel

from sora_social.audit import AuditRecord
from sora_social.oauth import services
from sora_social.oauth.models import App, Authorization, Ticket
from sora_social.users import keys
from sora_social.users import services as users
from sora_social.users.models import ApiKey
from tests.oauth.asking import (
    BACK,
    CONSENT,
    VERIFIER,
    allowed,
    challenge,
    question,
    registered,
    renewed,
    send,
    token,
)
from tests.people import person, signed_in
from tests.racing import race
from tests.users.entering import enter

pytestmark = pytest.mark.django_db
APPS, LEAVES = "/api/v1/me/apps/", "/api/v1/me/authorizations/"


def error(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_an_app_acts_for_somebody_as_a_key_does():
    ada, app = person("ada"), registered()
    answer = token(app, allowed(ada, app))
    tokens = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    assert tokens["scope"] == "videos:read videos:write"
    assert enter(tokens["access_token"]).data["person"] == "ada"
    assert enter(tokens["access_token"], method="post").status_code == 200


def test_it_does_no_more_than_was_allowed():
    app = registered()
    tokens = token(app, allowed(person(), app, scope="videos:read")).json()
    found = [enter(tokens["access_token"], method=method) for method in ("get", "post")]
    assert [answer.status_code for answer in found] == [200, 403]


def test_an_access_token_opens_v1_alone_and_ends_after_an_hour():
    ada, app = person("ada"), registered()
    access = token(app, allowed(ada, app)).json()["access_token"]
    client = signed_in(ada)
    assert client.get("/api/v1/me/keys/").json()["items"] == []  # it is none of one's keys
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    assert client.get("/api/v1/me/").status_code == 401
    with travel(now() + timedelta(hours=1, seconds=1)):
        assert enter(access).status_code == 401


def test_the_consent_screen_says_who_asks_for_what_in_plain_words():
    app = registered()
    shown = signed_in(person()).get(CONSENT, question(app)).json()
    assert shown == {
        "app": "Studio",
        "made_by": app.owner.handle,
        "sends_to": "studio.example",
        "scopes": [
            {"scope": "videos:read", "means": "See your videos and download them"},
            {"scope": "videos:write", "means": "Make videos with your credits, and delete them"},
        ],
    }
    assert not Authorization.objects.exists()


def test_who_says_no_gives_nothing():
    app = registered()
    said = question(app) | {"allowed": False}
    sent = signed_in(person()).post(CONSENT, said, "json").json()
    said = "error=access_denied&state=xyz&iss=http%3A%2F%2Ftestserver"
    assert sent == {"redirect_to": f"{BACK}?{said}"}
    assert not Authorization.objects.exists()


def test_no_token_is_kept_as_it_is():
    app = registered()
    code = allowed(person(), app)
    tokens = token(app, code).json()
    tables = (ApiKey, Ticket, Authorization, App)
    kept = json.dumps([[*table.objects.values()] for table in tables], default=str)
    shown = (code, tokens["access_token"], tokens["refresh_token"])
    assert [one for one in shown if one in kept] == []


# --- what an app may not ask ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"client_id": "0190a1b2-0000-7000-8000-000000000000"}, "client_id"),
        ({"client_id": "x"}, "client_id"),
        ({"redirect_uri": "https://evil.example/back"}, "redirect_uri"),
        ({"redirect_uri": f"{BACK}/.."}, "redirect_uri"),
        ({"redirect_uri": f"{BACK}?next=x"}, "redirect_uri"),
        ({"redirect_uri": "https://studio.example:444/back"}, "redirect_uri"),
        ({"redirect_uri": "https://studio.example@evil.example/back"}, "redirect_uri"),
        ({"redirect_uri": "http://studio.example/back"}, "redirect_uri"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
        ({"response_type": "token"}, "response_type"),
        ({"code_challenge": None}, "code_challenge"),
        ({"code_challenge": "short"}, "code_challenge"),
        ({"code_challenge_method": "plain"}, "code_challenge_method"),
        ({"code_challenge_method": None}, "code_challenge_method"),
        ({"scope": "admin"}, "scope"),
        ({"scope": ""}, "scope"),
        ({"state": "x" * 501}, "state"),
    ],
)
def test_a_wrong_question_sends_nobody_anywhere(changes, rule):
    asked = question(registered(), **changes)
    client = signed_in(person())
    yes = client.post(CONSENT, asked | {"allowed": True}, "json")
    for answer in (client.get(CONSENT, asked), yes):
        assert (answer.status_code, [*answer.json()["fields"]]) == (400, [rule])
    assert not Authorization.objects.exists()


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("https://studio.example/back", 201),
        ("https://studio.example/back?a=b", 201),
        ("http://127.0.0.1/back", 201),
        ("http://[::1]:4000/back", 201),
        ("http://studio.example/back", 400),
        ("http://localhost.evil.example/", 400),
        ("http://127.0.0.1.evil.example/", 400),
        ("https://a@studio.example/", 400),
        ("https://studio.example/#x", 400),
        ("https://studio.example\\@evil.example/", 400),
        ("https://*.studio.example/", 400),
        ("https:///back", 400),
        ("javascript:alert(1)", 400),
        ("studio://back", 400),
        ("https://studio.example:port/", 400),
        ("https://studio.example;sandbox/", 400),
        ("https://studio.example,evil.example/", 400),
        ("https://studio.ex%61mple/", 400),
    ],
)
def test_addresses_are_https_or_on_loopback(uri, status):
    answer = signed_in(person()).post(APPS, {"name": "S", "redirect_uris": [uri]}, "json")
    assert answer.status_code == status


def test_on_loopback_any_port_will_do():
    app = registered("http://127.0.0.1/back")
    code = allowed(person(), app, redirect_uri="http://127.0.0.1:5123/back")
    other = token(app, code, redirect_uri="http://127.0.0.1:5124/back")
    assert error(other) == (400, "invalid_grant")  # the one it was sent to, to the letter


# --- codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": challenge()}, "invalid_grant"),  # as if it were `plain`
        ({"code_verifier": "v" * 42}, "invalid_grant"),
        ({"code_verifier": "\udcff".encode("utf-8", "replace").decode()}, "invalid_grant"),
        ({"redirect_uri": "https://studio.example/other"}, "invalid_grant"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"code": ""}, "invalid_request"),
        ({"client_id": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
    ],
)
def test_a_code_is_for_who_can_prove_to_have_asked(changes, said):
    app = registered()
    assert error(token(app, allowed(person(), app), **changes)) == (400, said)
    assert not ApiKey.objects.exists()


def test_a_code_of_one_app_is_nothing_to_another():
    app, other = registered(), registered()
    code = allowed(person(), app)
    assert error(token(other, code)) == (400, "invalid_grant")
    for nobody in ("x", "0190a1b2-0000-7000-8000-000000000000"):
        assert error(token(app, code, client_id=nobody)) == (401, "invalid_client")
    assert token(app, code).status_code == 200


def test_a_code_is_proven_before_it_counts_as_used():
    app = registered()
    code = allowed(person(), app)
    assert error(token(app, code, code_verifier="w" * 43)) == (400, "invalid_grant")
    assert token(app, code).status_code == 200


def test_what_is_said_twice_is_not_said():
    app = registered()
    code = allowed(person(), app)
    form = "grant_type=authorization_code&redirect_uri=https://studio.example/back"
    form += f"&client_id={app.pk}&code_verifier={VERIFIER}&code={code}&code={code}"
    twice = Client().post("/oauth/token", form, "application/x-www-form-urlencoded")
    assert error(twice) == (400, "invalid_request")


def test_a_code_is_good_for_a_minute():
    app = registered()
    code = allowed(person(), app)
    with travel(now() + timedelta(seconds=61)):
        assert error(token(app, code)) == (400, "invalid_grant")


def test_a_code_that_is_shown_twice_ends_what_it_gave():
    app = registered()
    code = allowed(person(), app)
    tokens = token(app, code).json()
    assert error(token(app, code)) == (400, "invalid_grant")
    assert enter(tokens["access_token"]).status_code == 401
    assert error(renewed(app, tokens["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.django_db(transaction=True)
def test_of_two_with_one_code_at_once_at_most_one_has_tokens():
    app = registered()
    code = allowed(person(), app)
    given = []
    race(lambda _: given.append(token(app, code).status_code), [1, 2, 3])
    assert given.count(200) <= 1
    assert ApiKey.objects.filter(revoked_at=None).count() == 0  # the others' asking ended it


@pytest.mark.django_db(transaction=True)
def test_of_two_with_one_refresh_token_at_once_none_keeps_tokens():
    app = registered()
    first = token(app, allowed(person(), app)).json()["refresh_token"]
    given = []
    race(lambda _: given.append(renewed(app, first)), [1, 2, 3])
    tokens = [answer.json() for answer in given if answer.status_code == 200]
    assert len(tokens) <= 1
    assert not Authorization.objects.live().exists()
    for one in tokens:
        assert enter(one["access_token"]).status_code == 401
        assert error(renewed(app, one["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["person", "owner"])
def test_no_token_slips_past_a_suspension(who):
    ada, app = person("ada"), registered()
    first = token(app, allowed(ada, app)).json()["refresh_token"]
    suspended = ada if who == "person" else app.owner
    race(lambda act: act(), [lambda: users.suspend(suspended), lambda: renewed(app, first)])
    assert not ApiKey.objects.filter(revoked_at=None).exists()


# --- refreshing -----------------------------------------------------------------------------------


def test_a_refresh_token_is_good_once():
    app = registered()
    first = token(app, allowed(person(), app)).json()
    second = renewed(app, first["refresh_token"]).json()
    assert enter(second["access_token"]).status_code == 200
    assert error(renewed(app, first["refresh_token"])) == (400, "invalid_grant")
    assert enter(second["access_token"]).status_code == 401  # somebody has stolen one of them
    assert error(renewed(app, second["refresh_token"])) == (400, "invalid_grant")


def test_scopes_grow_narrower_never_wider():
    app = registered()
    first = token(app, allowed(person(), app)).json()["refresh_token"]
    for wide in ("videos:read files", "files", "", "admin"):
        assert error(renewed(app, first, scope=wide)) == (400, "invalid_scope")
    narrow = renewed(app, first, scope="videos:read").json()
    assert enter(narrow["access_token"], method="post").status_code == 403
    whole = renewed(app, narrow["refresh_token"]).json()
    assert whole["scope"] == "videos:read videos:write"


def test_a_refresh_token_is_its_apps_and_no_code():
    app, other = registered(), registered()
    refresh = token(app, allowed(person(), app)).json()["refresh_token"]
    assert error(renewed(other, refresh)) == (400, "invalid_grant")
    assert error(token(app, refresh)) == (400, "invalid_grant")
    assert renewed(app, refresh).status_code == 200


# --- the end --------------------------------------------------------------------------------------


def test_a_person_sees_and_ends_what_acts_for_them():
    ada, app = person("ada"), registered()
    tokens = token(app, allowed(ada, app)).json()
    client, bee = signed_in(ada), signed_in(person("bee"))
    (listed,) = client.get(LEAVES).json()["items"]
    assert (listed["app"], listed["made_by"]) == ("Studio", app.owner.handle)
    path = f"{LEAVES}{listed['id']}/"
    assert [bee.delete(path).status_code, bee.get(LEAVES).json()["items"]] == [404, []]
    assert [client.delete(path).status_code for _ in "12"] == [204, 404]
    assert enter(tokens["access_token"]).status_code == 401
    assert error(renewed(app, tokens["refresh_token"])) == (400, "invalid_grant")
    kinds = [*AuditRecord.objects.values_list("kind", flat=True)]
    assert kinds == ["app_authorized", "app_ended"]


def test_an_app_gives_its_tokens_back():
    ada, app, other = person("ada"), registered(), registered()
    tokens = token(app, allowed(ada, app)).json()
    forms = [
        {"client_id": str(other.pk), "token": tokens["refresh_token"]},
        {"client_id": "x", "token": tokens["access_token"]},
        {"token": "x"},
    ]
    assert [send("/oauth/revoke", form).status_code for form in forms] == [200] * 3
    assert enter(tokens["access_token"]).status_code == 200
    send("/oauth/revoke", {"client_id": str(app.pk), "token": tokens["access_token"]})
    assert enter(tokens["access_token"]).status_code == 401
    again = renewed(app, tokens["refresh_token"]).json()
    send("/oauth/revoke", {"client_id": str(app.pk), "token": again["refresh_token"]})
    assert enter(again["access_token"]).status_code == 401


def test_a_key_of_a_persons_own_is_not_revoked_there():
    key = keys.make(person())[1]
    for client in ("", str(registered().pk)):
        send("/oauth/revoke", {"client_id": client, "token": key})
    assert enter(key).status_code == 200


@pytest.mark.parametrize("who", ["person", "owner"])
def test_nothing_acts_for_or_by_somebody_suspended(who):
    ada, app = person("ada"), registered()
    tokens = token(app, allowed(ada, app)).json()
    users.suspend(ada if who == "person" else app.owner)
    assert enter(tokens["access_token"]).status_code == 401
    said = (400, "invalid_grant") if who == "person" else (401, "invalid_client")
    assert error(renewed(app, tokens["refresh_token"])) == said


def test_an_app_that_goes_takes_its_tokens_along():
    app = registered()
    access = token(app, allowed(person(), app)).json()["access_token"]
    owner, path = signed_in(app.owner), f"{APPS}{app.pk}/"
    assert signed_in(person()).delete(path).status_code == 404
    assert [owner.delete(path).status_code for _ in "12"] == [204, 404]
    assert enter(access).status_code == 401


def test_there_are_only_so_many_apps(settings):
    settings.APPS_PER_PERSON = 1
    client = signed_in(person())
    wish = {"name": "S", "redirect_uris": [BACK]}
    answers = [client.post(APPS, wish, "json") for _ in "12"]
    assert [answer.status_code for answer in answers] == [201, 409]


def test_what_expired_is_forgotten_and_a_leave_that_nothing_is_left_of_ends():
    app = registered()
    token(app, allowed(person(), app))
    services.forget_old()
    assert Authorization.objects.live().exists()
    with travel(now() + timedelta(days=32)):
        services.forget_old()
    assert not ApiKey.objects.exists()
    assert not Ticket.objects.exists()
    assert not Authorization.objects.live().exists()


def test_a_leave_in_use_does_not_end():
    app = registered()
    tokens = token(app, allowed(person(), app)).json()
    with travel(now() + timedelta(days=20)):
        renewed(app, tokens["refresh_token"])
    with travel(now() + timedelta(days=32)):
        services.forget_old()
        assert Ticket.objects.count() == 1
        assert Authorization.objects.live().exists()


@pytest.mark.parametrize("name", ["a\nb", "Studio \u202egro.arosd", "Stu\u200bdio", "a\u2028b"])
def test_a_name_reads_as_it_is(name):
    wish = {"name": name, "redirect_uris": [BACK]}
    refused = signed_in(person()).post(APPS, wish, "json")
    assert (refused.status_code, [*refused.json()["fields"]]) == (400, ["name"])

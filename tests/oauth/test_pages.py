"""The page on which somebody lets an app act for them: in a browser without scripts."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils.timezone import now
from time_machine import travel

from sora_social.oauth.addresses import source_of
from sora_social.oauth.models import Authorization
from sora_social.users import services as users
from sora_social.users.models import PersonSession
from tests.moderation.authenticator import SecurityKey
from tests.moderation.test_passkeys import asked as asked_of_key
from tests.oauth.asking import BACK, question, registered, token
from tests.people import PASSWORD, at_console, code_of, person
from tests.users.entering import enter

pytestmark = pytest.mark.django_db
PAGE = "/oauth/authorize"


@pytest.fixture
def app():
    return registered()


@pytest.fixture
def ada():
    return person("ada")


def at(app, **changes) -> str:
    return f"{PAGE}?{urlencode(question(app, **changes))}"


def sign_in(client, page, handle="ada", password=PASSWORD):
    return client.post(page, {"login": handle, "password": password})


def said(answer) -> dict[str, str]:
    """What the app is told by where its person is sent."""
    assert answer.status_code == 303, answer.content
    return {name: one for name, (one,) in parse_qs(urlsplit(answer["Location"]).query).items()}


def step(answer) -> str:
    """Which page that is."""
    found = re.search(rb'id="(password|passkey-form|code|answer)"', answer.content)
    return found[1].decode() if found else ""


def test_a_password_a_yes_and_the_app_acts_for_somebody(client, ada, app):
    page = at(app)
    assert step(client.get(page)) == "password"
    done = sign_in(client, page)
    assert (done.status_code, done["Location"]) == (303, page)
    shown = client.get(page)
    assert step(shown) == "answer"
    text = shown.content.decode()
    means = "Make videos with your credits"
    for told in ("Studio", app.owner.handle, "studio.example", "@ada", means):
        assert told in text
    answered = client.post(page, {"answer": "allow"})
    assert answered["Location"].startswith(f"{BACK}?")
    told = said(answered)
    assert {**told, "code": ""} == {"code": "", "state": "xyz", "iss": "http://testserver"}
    tokens = token(app, told["code"]).json()
    assert enter(tokens["access_token"]).data["person"] == "ada"


def test_who_says_no_gives_nothing_and_the_app_hears_it(client, ada, app):
    sign_in(client, at(app))
    told = said(client.post(at(app), {"answer": "deny"}))
    assert told == {"error": "access_denied", "state": "xyz", "iss": "http://testserver"}
    assert not Authorization.objects.exists()


@pytest.mark.parametrize("answer", ["", "yes", "ALLOW"])
def test_what_is_no_clear_yes_is_asked_again(client, ada, app, answer):
    sign_in(client, at(app))
    assert client.post(at(app), {"answer": answer})["Location"] == at(app)
    assert not Authorization.objects.exists()


# --- signing in -----------------------------------------------------------------------------------


def test_a_yes_without_signing_in_is_nothing(client, ada, app):
    assert client.post(at(app), {"answer": "allow"})["Location"] == at(app)
    assert sign_in(client, at(app), password="wrong-words-1").status_code == 200
    assert client.post(at(app), {"answer": "allow"})["Location"] == at(app)
    assert not Authorization.objects.exists()


def test_whoever_has_a_second_factor_is_asked_for_it(client, ada, app):
    code = code_of(ada)
    sign_in(client, at(app))
    assert step(client.get(at(app))) == "code"
    assert client.post(at(app), {"answer": "allow"}).status_code == 200
    assert step(client.post(at(app), {"code": "000000"})) == "code"
    assert not Authorization.objects.exists()
    assert client.post(at(app), {"code": code})["Location"] == at(app)
    assert step(client.get(at(app))) == "answer"


def test_a_passkey_is_a_second_factor(client, ada, app):
    ada.is_staff = True
    ada.save()
    console, key = at_console(ada), SecurityKey()
    made = key.made(asked_of_key(console.get("/admin/passkeys/")))
    console.post("/admin/passkeys/", {"name": "Blue", "credential": json.dumps(made)})
    sign_in(client, at(app))
    shown = client.get(at(app))
    assert "script-src 'self'" in shown["Content-Security-Policy"]
    answered = json.dumps(key.answered(asked_of_key(shown)))
    assert client.post(at(app), {"credential": "{}"}).status_code == 200
    assert client.post(at(app), {"credential": answered}).status_code == 200  # asked anew since
    again = json.dumps(key.answered(asked_of_key(client.get(at(app)))))
    assert client.post(at(app), {"credential": again}).status_code == 303
    assert step(client.get(at(app))) == "answer"


def test_it_opens_neither_the_console_nor_the_api(client, app):
    judge = person("judge", is_staff=True, is_superuser=True)
    code = code_of(judge)
    sign_in(client, at(app), "judge")
    assert client.get("/admin/").status_code == 302
    client.post(at(app), {"code": code})
    assert step(client.get(at(app))) == "answer"
    assert client.get("/admin/").status_code == 302
    assert client.get("/api/v1/me/").status_code == 401
    assert "_auth_user_id" not in client.session


def test_the_first_step_of_one_door_is_none_at_another(client, app):
    code_of(person("judge", is_staff=True))
    sign_in(client, at(app), "judge")
    assert b'name="code"' not in client.get("/admin/login/").content
    other = Client()
    other.post("/admin/login/", {"username": "judge", "password": PASSWORD})
    assert step(other.get(at(app))) == "password"


def test_the_console_signs_nobody_in_here(ada, app):
    ada.is_staff = True
    ada.save()
    assert step(at_console(ada).get(at(app))) == "password"


def test_it_is_forgotten_with_the_answer_and_after_ten_minutes(client, ada, app):
    sign_in(client, at(app))
    client.post(at(app), {"answer": "deny"})
    assert step(client.get(at(app))) == "password"
    sign_in(client, at(app))
    with travel(now() + timedelta(minutes=10, seconds=1)):
        assert step(client.get(at(app))) == "password"
        client.post(at(app), {"answer": "allow"})
    assert not Authorization.objects.exists()


def new_password(ada):
    ada.set_password("another-horse-9")
    ada.save()


@pytest.mark.parametrize("end", [new_password, users.suspend, users.delete_account])
def test_a_new_password_a_suspension_and_a_farewell_end_it(client, ada, app, end):
    sign_in(client, at(app))
    assert step(client.get(at(app))) == "answer"
    end(ada)
    assert step(client.get(at(app))) == "password"
    client.post(at(app), {"answer": "allow"})
    assert step(sign_in(client, at(app))) == "password"
    assert not Authorization.objects.exists()


def test_one_starts_over_as_somebody_else(client, ada, app):
    sign_in(client, at(app))
    client.post(at(app), {"leave": ""})
    assert step(client.get(at(app))) == "password"


def test_the_session_is_another_after_each_step(client, ada, app):
    code = code_of(ada)
    seen = []
    for posted in ({"login": "ada", "password": PASSWORD}, {"code": code}):
        client.post(at(app), posted)
        seen.append(client.session.session_key)
    assert len({*seen}) == PersonSession.objects.count() + 1 == 2


def test_guessing_passwords_is_limited_by_person_even_for_the_right_one(client, ada, app):
    for _ in range(6):
        sign_in(Client(), at(app), password="wrong-words-1")
    assert sign_in(client, at(app)).status_code == 200
    assert step(client.get(at(app))) == "password"


def test_where_addresses_are_proven_one_without_is_not_let_in(client, ada, app, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert b"cannot be signed in here" in sign_in(client, at(app)).content
    EmailAddress.objects.create(user=ada, email="a@example.com", verified=True, primary=True)
    assert sign_in(client, at(app)).status_code == 303


# --- what a browser may do with it ----------------------------------------------------------------


def test_no_other_site_answers_for_somebody(ada, app):
    browser = Client(enforce_csrf_checks=True)
    shown = browser.get(at(app)).content.decode()
    token_of = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
    sent = {"login": "ada", "password": PASSWORD}
    assert browser.post(at(app), sent).status_code == 403
    before = token_of.search(shown)[1]
    assert browser.post(at(app), sent | {"csrfmiddlewaretoken": before}).status_code == 303
    yes = {"answer": "allow"}
    assert browser.post(at(app), yes).status_code == 403
    assert browser.post(at(app), yes | {"csrfmiddlewaretoken": before}).status_code == 403
    after = token_of.search(browser.get(at(app)).content.decode())[1]
    assert browser.post(at(app), yes | {"csrfmiddlewaretoken": after}).status_code == 303


def test_no_page_is_framed_kept_or_fed_from_elsewhere(client, ada, app):
    code = code_of(ada)
    pages = [client.get(at(app)), client.get(PAGE)]
    sign_in(client, at(app))
    pages.append(client.get(at(app)))
    client.post(at(app), {"code": code})
    pages.append(client.get(at(app)))
    assert [step(page) for page in pages] == ["password", "", "code", "answer"]
    for page in pages:
        policy = page["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert (page["X-Frame-Options"], "no-store" in page["Cache-Control"]) == ("DENY", True)
        assert page["Referrer-Policy"] == "same-origin"
        assert re.findall(rb'(?:src|href)="(?!/static/)', page.content) == []
        assert (b"<script" in page.content) == ("script-src" in policy)


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://studio.example/back?a=b", "https://studio.example"),
        ("https://studio.example:8443/", "https://studio.example:8443"),
        ("http://127.0.0.1:5123/", "http://127.0.0.1:5123"),
        ("http://[::1]:5123/", "http:"),
        ("https://93.184.215.14/", "https:"),
    ],
)
def test_a_form_may_lead_to_the_app_alone(uri, source):
    assert source_of(uri) == source


# --- what an app asks wrongly ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "x"},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"state": "x" * 501},
    ],
)
def test_where_the_address_is_not_sure_nobody_is_sent_anywhere(client, ada, app, changes):
    for answer in (client.get(at(app, **changes)), sign_in(client, at(app, **changes))):
        assert (answer.status_code, b"This link is not right" in answer.content) == (400, True)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
    ],
)
def test_the_app_hears_what_is_wrong_once_somebody_has_signed_in(client, ada, app, changes, error):
    page = at(app, **changes)
    assert step(client.get(page)) == "password"  # nobody is passed on by a mere link
    sign_in(client, page)
    told = said(client.get(page))
    assert (told["error"], told["state"], told["iss"]) == (error, "xyz", "http://testserver")
    assert not Authorization.objects.exists()


def test_a_parameter_given_twice_is_none(client, ada, app):
    for name in ("client_id", "redirect_uri"):
        page = f"{at(app)}&{urlencode({name: question(app)[name]})}"
        assert client.get(page).status_code == 400
    page = f"{at(app)}&scope=files"
    sign_in(client, page)
    assert said(client.get(page))["error"] == "invalid_scope"


def test_what_an_app_calls_itself_is_no_markup(client, ada):
    bold = registered()
    bold.name = "<img src=x onerror=alert(1)>"
    bold.save()
    sign_in(client, at(bold))
    assert b"<img" not in client.get(at(bold)).content


# --- metadata -------------------------------------------------------------------------------------


def test_a_client_finds_everything_by_the_issuer(client, ada, app):
    told = client.get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == "http://testserver"
    assert told["authorization_endpoint"] == f"http://testserver{PAGE}"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["authorization_response_iss_parameter_supported"] is True
    for name in ("authorization_endpoint", "token_endpoint", "revocation_endpoint"):
        assert client.post(told[name], {}).status_code in {400, 415}

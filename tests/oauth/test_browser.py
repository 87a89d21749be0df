"""Letting an app act for oneself in a real browser, and the app on its own address.

`WRITE_SCREENS=1 pytest tests/oauth/test_browser.py` keeps what it saw under docs/pictures.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from demo import browser
from sora_social.oauth.models import Authorization
from tests.browsing import BROWSING, keep
from tests.oauth.asking import VERIFIER, question, registered
from tests.people import PASSWORD, code_of, person
from tests.webhooks.receiving import Receiver, answering, receiving

pytestmark = BROWSING
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


@pytest.fixture
def ada():
    return person("ada")


@pytest.fixture
def studio():
    """An app on this machine, as a native one listens for its answer."""
    page = b"<title>Studio</title>Welcome back"
    with receiving(answering(200, "Content-Type: text/html", body=page)) as listening:
        yield listening


def wish(app, studio: Receiver) -> dict[str, str]:
    scopes = "videos:read videos:write account:read"
    return question(app, redirect_uri=f"http://127.0.0.1:{studio.port}/back", scope=scopes)


def opened(page: browser.Page, server: str, studio: Receiver) -> dict[str, str]:
    """On a phone, where an app sent somebody; what it asked."""
    page.on(PHONE)
    asked = wish(registered("http://127.0.0.1/back", owner=person("mira_makes")), studio)
    page.open(f"{server}/oauth/authorize?{urlencode(asked)}")
    return asked


def heard(page: browser.Page) -> dict[str, str]:
    """What the app was told, by the address that the browser arrived at."""
    assert page.text() == "Welcome back"
    query = parse_qs(urlsplit(page.run("location.href")).query)
    return {name: value for name, (value,) in query.items()}


def submit(page: browser.Page, form: str) -> None:
    page.leave(f"document.querySelector('#{form} .yes').click()")


def test_from_the_password_to_a_call(page, live_server, ada, studio):
    code_of(ada)
    asked = opened(page, live_server.url, studio)
    assert "Sign in to answer Studio" in page.text()
    keep(page, "oauth/password")
    page.fill(login="ada", password=PASSWORD)
    submit(page, "password")
    keep(page, "oauth/second_factor")
    page.fill(code=code_of(ada))
    submit(page, "code")
    assert "Make videos with your credits" in page.text()
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    keep(page, "oauth/question")
    submit(page, "answer")
    told = heard(page)
    assert (told["iss"], told["state"]) == (live_server.url, "xyz")

    form = {"grant_type": "authorization_code", "code": told["code"], "code_verifier": VERIFIER}
    form |= {"client_id": asked["client_id"], "redirect_uri": asked["redirect_uri"]}
    tokens = httpx.post(f"{live_server.url}/oauth/token", data=form).json()
    shown = {"Authorization": f"Bearer {tokens['access_token']}"}
    videos = httpx.get(f"{live_server.url}/v1/videos", headers=shown)
    assert (videos.status_code, videos.json()["data"]) == (200, [])


def test_a_no_is_heard_and_nothing_is_given(page, live_server, ada, studio):
    opened(page, live_server.url, studio)
    page.fill(login="ada", password="wrong-words-1")
    submit(page, "password")
    assert page.text("[role=alert]")
    page.fill(login="ada", password=PASSWORD)
    submit(page, "password")
    page.leave("document.querySelector('#answer [value=deny]').click()")
    assert heard(page) == {"error": "access_denied", "state": "xyz", "iss": live_server.url}
    assert not Authorization.objects.exists()


def test_a_link_that_is_not_right_leads_nowhere(page, live_server, studio):
    page.on(PHONE)
    asked = wish(registered(), studio)
    page.open(f"{live_server.url}/oauth/authorize?{urlencode(asked)}")
    assert "This link is not right" in page.text()
    keep(page, "oauth/refused")
    assert studio.taken == []


def test_it_works_without_scripts(page, live_server, ada, studio):
    page.without_scripts()
    code_of(ada)
    opened(page, live_server.url, studio)
    page.fill(login="ada", password=PASSWORD)
    submit(page, "password")
    page.fill(code=code_of(ada))
    submit(page, "code")
    submit(page, "answer")
    assert heard(page)["code"]

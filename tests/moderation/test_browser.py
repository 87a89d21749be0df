"""The console in a real browser: headless Chromium, the keyboard, the server.

`WRITE_SCREENS=1 pytest tests/moderation/test_browser.py` keeps what it saw under docs/pictures.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from cameos import cases
from cameos import services as cameos
from demo import browser
from sora_social.moderation import services
from sora_social.moderation.models import Case, CaseKind, CaseState, Takedown
from sora_social.users.models import User
from tests.cameos.making import active_cameo, cameo_in
from tests.feed.making import posted, remixed
from tests.people import PASSWORD, code_of, moderator, person

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(browser.find() is None, reason="Chromium is not installed"),
]
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "console"


@pytest.fixture
def page(settings):
    settings.DEBUG = False
    with browser.running(browser.find()) as opened:
        yield opened


@pytest.fixture
def judge() -> User:
    return moderator("judge")


@pytest.fixture
def firewall() -> Case:
    """A clip with a face in it that nobody gave leave for, and somebody's history of consent."""
    ada, bee, cloe = person("ada"), person("bee"), person("cloe")
    cameo = active_cameo(bee, "everyone")
    cameos.set_terms(cameo, contexts=["comedy"], surfaces=["followers", "public"])
    leave = cameos.request_leave(cloe, cameo)
    cameos.grant(leave, bee)
    cameos.revoke_leave(leave, bee)
    cameos.refused("submit", cloe, "bee", "person")
    post = posted(ada, caption="Is this who I think it is?", cameos=[cameo])
    child = remixed(cloe, post, caption="Now with a hat", cameos=[cameo])
    remixed(ada, child, caption="And back again", cameos=[cameo])
    found = [
        {"at": 0.25, "box": [0.1, 0.29, 0.46, 0.64], "verdict": "unmatched", "cameo": None},
        {"at": 0.75, "box": [0.35, 0.29, 0.71, 0.64], "verdict": "match", "cameo": str(cameo.pk)},
    ]
    facts = {"findings": found, "strength": "continuity"}
    case = services.open_case("output", str(post.output_id), CaseKind.FIREWALL, **facts)
    services.report(cloe, "post", str(post.pk), "likeness", "This is not Bee.")
    services.report(bee, "cameo", str(cameo.pk), "other", "Somebody hunts me.")
    services.report(cloe, "person", "ada", "harassment")
    return case


def sign_in(page: browser.Page, server: str, judge: User) -> None:
    page.open(f"{server}/admin/login/?next=/admin/moderation/case/")
    code = code_of(judge)
    page.fill(username=judge.handle, password=PASSWORD)
    page.leave("document.querySelector('#login-form').requestSubmit()")
    assert "authenticator app" in page.text()
    page.fill(code=code)
    page.leave("document.querySelector('#login-form').requestSubmit()")


def keep(page: browser.Page, name: str, selector: str = "") -> None:
    """The screenshot, where they are to be kept."""
    if os.environ.get("WRITE_SCREENS"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        out = page.photograph(PICTURES / f"{name}.png", selector)
        Image.open(out).convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(
            out, optimize=True
        )


def pictures_are_there(page: browser.Page) -> None:
    page.until("[...document.images].every((image) => image.complete)")
    assert page.run("[...document.images].filter((image) => !image.naturalWidth).length") == 0


def test_a_case_is_claimed_read_and_decided_by_keyboard(page, live_server, judge, firewall):
    sign_in(page, live_server.url, judge)
    assert "Face without leave in a video" in page.text()
    page.press("j")
    page.press("j")
    page.press("k")
    assert page.run("document.querySelector('tr.console-here').innerText.trim()").startswith("Face")
    keep(page, "queue")

    page.press("c", leaves=True)
    firewall.refresh_from_db()
    assert (firewall.state, firewall.moderator) == (CaseState.CLAIMED, judge)
    page.press("j")
    page.press("Enter", leaves=True)
    pictures_are_there(page)
    assert page.run("document.querySelectorAll('#exhibits svg rect').length") == 2
    assert "Reference pictures of @bee" in page.text("#exhibits")
    assert "Now with a hat" in page.text(".exhibit.tree")
    keep(page, "case")

    page.press("3")
    assert page.run("document.querySelector('[name=choice]:checked').value") == "take_down:likeness"
    page.run("document.querySelector('textarea').value = 'Not Bee: see the second frame.'")
    keep(page, "decision", "#decision")
    page.press("d", leaves=True)
    firewall.refresh_from_db()
    assert (firewall.state, firewall.reason) == (CaseState.DECIDED, "likeness")
    assert list(Takedown.objects.of("output")) == [firewall.subject_id]
    assert "Face without leave in a video" not in page.text("#result_list")


def test_the_history_of_consent_stands_as_a_timeline(page, live_server, judge, firewall):
    sign_in(page, live_server.url, judge)
    case = Case.objects.get(subject="cameo")
    page.open(f"{live_server.url}/admin/moderation/case/{case.pk}/change/")
    pictures_are_there(page)
    told = page.text(".exhibit.timeline")
    assert "terms 2" in told
    assert told.index("leave of @cloe was taken back") < told.index("@cloe was given leave")
    keep(page, "timeline", ".exhibit.timeline")


def test_a_passkey_is_added_and_opens_the_console_the_next_time(page, live_server, judge):
    page.plug_in_a_security_key()
    sign_in(page, live_server.url, judge)
    page.open(f"{live_server.url}/admin/passkeys/")
    page.fill(name="The blue one")
    page.leave("document.querySelector('#passkey-form').requestSubmit()")
    assert "The blue one" in page.text("#passkeys")
    keep(page, "passkeys")
    page.leave("document.querySelector('#logout-form').requestSubmit()")

    page.open(f"{live_server.url}/admin/login/?next=/admin/moderation/case/")
    page.fill(username=judge.handle, password=PASSWORD)
    page.leave("document.querySelector('#login-form').requestSubmit()")
    keep(page, "second_step")
    page.leave("document.querySelector('#passkey-form').requestSubmit()")
    assert page.run("location.pathname") == "/admin/moderation/case/"


def test_the_keys_are_shown_and_letters_in_a_note_are_letters(page, live_server, judge):
    cameo = cameo_in("review", person("dora"))
    case = cases.open_review(cameo, ["blurry"])
    services.claim(case, judge)
    sign_in(page, live_server.url, judge)
    page.open(f"{live_server.url}/admin/moderation/case/{case.pk}/change/")
    page.run("document.querySelector('textarea').focus()")
    page.press("d")
    page.press("1")
    assert page.run("document.querySelector('textarea').value") == "d1"
    assert page.run("document.querySelector('[name=choice]:checked')") is None
    page.run("document.activeElement.blur()")
    page.press("?")
    assert "claim" in page.text("dialog[open]")
    case.refresh_from_db()
    assert case.state == CaseState.CLAIMED

"""The console in a real browser: headless Chromium, the keyboard, the server.

`WRITE_SCREENS=1 pytest tests/moderation/test_browser.py` keeps what it saw under docs/pictures.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from cameos import cases
from cameos import services as cameos
from demo import browser
from feed import services as feed
from generation import barring
from generation.models import Output
from sora_social.moderation import services
from sora_social.moderation.filing import Said
from sora_social.moderation.models import Case, CaseKind, CaseState, Takedown
from sora_social.users.models import User
from tests.browsing import BROWSING, keep, sign_in
from tests.cameos.making import active_cameo, cameo_in
from tests.feed.making import posted, remixed
from tests.generation.copies import finished, forget
from tests.people import PASSWORD, moderator, person

pytestmark = BROWSING


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


def pictures_are_there(page: browser.Page) -> None:
    page.until("[...document.images].every((image) => image.complete)")
    assert page.run("[...document.images].filter((image) => !image.naturalWidth).length") == 0


def test_a_case_is_claimed_read_and_decided_by_keyboard(page, live_server, judge, firewall):
    sign_in(page, live_server.url, "moderation/case", judge)
    assert "Face without leave in a video" in page.text()
    page.press("j")
    page.press("j")
    page.press("k")
    assert page.run("document.querySelector('tr.console-here').innerText.trim()").startswith("Face")
    keep(page, "console/queue")

    page.press("c", leaves=True)
    firewall.refresh_from_db()
    assert (firewall.state, firewall.moderator) == (CaseState.CLAIMED, judge)
    page.press("j")
    page.press("Enter", leaves=True)
    pictures_are_there(page)
    assert page.run("document.querySelectorAll('#exhibits svg rect').length") == 2
    assert "Reference pictures of @bee" in page.text("#exhibits")
    assert "Now with a hat" in page.text(".exhibit.tree")
    keep(page, "console/case")

    page.press("3")
    assert page.run("document.querySelector('[name=choice]:checked').value") == "take_down:likeness"
    page.run("document.querySelector('textarea').value = 'Not Bee: see the second frame.'")
    keep(page, "console/decision", "#decision")
    page.press("d", leaves=True)
    firewall.refresh_from_db()
    assert (firewall.state, firewall.reason) == (CaseState.DECIDED, "likeness")
    assert list(Takedown.objects.of("output")) == [firewall.subject_id]
    assert "Face without leave in a video" not in page.text("#result_list")


@pytest.fixture
def claims() -> Case:
    """Of three claims one is overdue, one is soon to be; the third has hidden a clip and a copy."""
    forget()
    ada, bee = person("ada"), person("bee")
    post = feed.publish(ada, finished(ada, 12).pk, "Look at her")
    copy = feed.publish(bee, finished(bee, 12, turned=True).pk, "Look what I found")
    other, third = (posted(ada, caption=said) for said in ("Another one", "A third one"))
    text = "This is me undressed. I never allowed it, and I never made it."
    said = Said("intimate", text, name="Ann Example", email="ann@example.org", good_faith=True)
    for subject in (post, other, third):
        services.report_as_stranger("post", subject.down_id, said)
    for reporter in (bee, person("cloe"), person("dora")):
        services.report(reporter, "post", post.down_id, "intimate", "I know who this is.")
    for subject, hours in ((other, -5), (third, 7)):
        due = now() + timedelta(hours=hours, minutes=11)
        Case.objects.filter(subject_id=subject.down_id).update(due_at=due)
    barring.sweep()
    assert Output.objects.filter(down_id__in=Takedown.objects.of("output"), post=copy).exists()
    return Case.objects.get(subject_id=post.down_id)


def test_a_claim_shows_its_clock_and_what_it_has_hidden(page, live_server, judge, claims):
    sign_in(page, live_server.url, "moderation/case", judge)
    order = page.text("#result_list")
    assert order.index("overdue since 4 h 49 min") < order.index("7 h 10 min")
    assert "47 h 59 min" in order
    keep(page, "console/deadlines")
    page.open(f"{live_server.url}/admin/moderation/case/{claims.pk}/change/")
    page.press("c", leaves=True)
    pictures_are_there(page)
    assert "to be decided within 47 h 59 min" in page.text("#clock")
    assert "ann@example.org" not in page.text()
    assert "(copy)" in page.text("#hidden")
    keep(page, "console/claim")
    page.leave("document.querySelector('[value=unseal]').click()")
    assert "ann@example.org" in page.text("#claimants")
    page.open(f"{live_server.url}/report/")
    keep(page, "console/report_form")


def test_the_history_of_consent_stands_as_a_timeline(page, live_server, judge, firewall):
    sign_in(page, live_server.url, "moderation/case", judge)
    case = Case.objects.get(subject="cameo")
    page.open(f"{live_server.url}/admin/moderation/case/{case.pk}/change/")
    pictures_are_there(page)
    told = page.text(".exhibit.timeline")
    assert "terms 2" in told
    assert told.index("leave of @cloe was taken back") < told.index("@cloe was given leave")
    keep(page, "console/timeline", ".exhibit.timeline")


def test_a_passkey_is_added_and_opens_the_console_the_next_time(page, live_server, judge):
    page.plug_in_a_security_key()
    sign_in(page, live_server.url, "moderation/case", judge)
    page.open(f"{live_server.url}/admin/passkeys/")
    page.fill(name="The blue one")
    page.leave("document.querySelector('#passkey-form').requestSubmit()")
    assert "The blue one" in page.text("#passkeys")
    keep(page, "console/passkeys")
    page.leave("document.querySelector('#logout-form').requestSubmit()")

    page.open(f"{live_server.url}/admin/login/?next=/admin/moderation/case/")
    page.fill(username=judge.handle, password=PASSWORD)
    page.leave("document.querySelector('#login-form').requestSubmit()")
    keep(page, "console/second_step")
    page.leave("document.querySelector('#passkey-form').requestSubmit()")
    assert page.run("location.pathname") == "/admin/moderation/case/"


def test_the_keys_are_shown_and_letters_in_a_note_are_letters(page, live_server, judge):
    cameo = cameo_in("review", person("dora"))
    case = cases.open_review(cameo, ["blurry"])
    services.claim(case, judge)
    sign_in(page, live_server.url, "moderation/case", judge)
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

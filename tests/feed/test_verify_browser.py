"""The page that verifies, in a real browser, with a file that is chosen in it.

`WRITE_SCREENS=1 pytest tests/feed/test_verify_browser.py` keeps what it saw under docs/pictures.
"""

from __future__ import annotations

import numpy as np
import pytest

from cameos import services as cameos
from cameos.states import Audience
from feed import services as feed
from generation.encoding import encode
from generation.models import Output
from generation.provenance import signing
from tests.browsing import BROWSING, keep
from tests.cameos.making import active_cameo
from tests.generation.drawn import FPS, RATE, drawn_frames
from tests.generation.signed import NUMBER, known, marked, sign
from tests.people import person

pytestmark = BROWSING
DESK = {"width": 820, "height": 1060, "deviceScaleFactor": 1, "mobile": False}
PHONE = {"width": 390, "height": 1320, "deviceScaleFactor": 1.5, "mobile": True}


def verified(page, server, file):
    page.open(f"{server}/verify/")
    page.choose("input[type=file]", file)
    page.leave("document.querySelector('#of-file button').click()")


@pytest.fixture
def remix(tmp_path):
    """A remix of a remix with somebody in it, on a public post; its file, and how to revoke it."""
    author, lender = person("mira_makes"), person("ada")
    cameo = active_cameo(lender, Audience.APPROVED, handle="ada")
    leave = cameos.grant(cameos.request_leave(author, cameo), lender)
    parents = []
    for number, roles in ((0x1C0FFEE001, []), (0x2C0FFEE002, ["remix"]), (NUMBER, ["extend"])):
        file = tmp_path / f"{number}.mp4"
        file.write_bytes(marked().read_bytes())
        sign(file, number, None, roles, parents)
        parents = [signing.Parent(file, "video/mp4", number)]
    output = known(author, [cameo])
    feed.publish(author, output.pk, "at the beach", "public")
    return file, lambda: cameos.revoke_leave(leave, lender)


def test_a_file_is_told_from_where_it_comes(page, live_server, remix):
    file, revoke = remix
    page.on(DESK)
    verified(page, live_server.url, file)
    assert page.text("h1") == "Made here with AI, and unchanged"
    assert "@ada" in page.text("dl")
    assert (
        len(page.run("[...document.querySelectorAll('.tree li')].map(one => one.innerText)")) == 2
    )
    assert page.run("document.querySelector('.label img').naturalWidth") > 0
    keep(page, "verify/trusted")
    revoke()
    verified(page, live_server.url, file)
    assert page.text("h1") == "Somebody in it no longer agrees to it"
    assert "@ada" not in page.text()
    keep(page, "verify/revoked")


def test_without_scripts_on_a_phone_in_the_dark(page, live_server, remix, tmp_path):
    page.without_scripts()
    page.dark()
    page.on(PHONE)
    content = bytearray(remix[0].read_bytes())
    content[len(content) * 9 // 10] ^= 1
    (tmp_path / "changed.mp4").write_bytes(content)
    verified(page, live_server.url, tmp_path / "changed.mp4")
    assert page.text("h1") == "Do not trust its signature"
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    keep(page, "verify/tampered")


def test_of_what_is_not_ours_it_says_so(page, live_server, tmp_path):
    Output.objects.all().delete()
    page.on(PHONE | {"height": 850})
    encode(drawn_frames()[:, ::-1], FPS, np.zeros(0, np.float32), RATE, tmp_path)
    verified(page, live_server.url, tmp_path / "video.mp4")
    assert page.text("h1") == "We know nothing of it"
    keep(page, "verify/unknown")

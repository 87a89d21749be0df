"""What tests in a real browser share: when they run, the way in, what is kept of what they saw."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from demo import browser
from sora_social.users.models import User
from tests.people import PASSWORD, code_of

BROWSING = [
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(browser.find() is None, reason="Chromium is not installed"),
]
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"


def sign_in(page: browser.Page, server: str, path: str, who: User) -> None:
    """Into the console, and to a page of it."""
    page.open(f"{server}/admin/login/?next=/admin/{path}/")
    code_of(who)  # sets the app up; the code itself is read when it is asked for
    page.fill(username=who.handle, password=PASSWORD)
    page.leave("document.querySelector('#login-form').requestSubmit()")
    assert "authenticator app" in page.text()
    page.fill(code=code_of(who))
    page.leave("document.querySelector('#login-form').requestSubmit()")


def keep(page: browser.Page, name: str, selector: str = "", colours: int = 128) -> None:
    """The screenshot, under that name, where they are to be kept."""
    if os.environ.get("WRITE_SCREENS"):
        out = PICTURES / f"{name}.png"
        out.parent.mkdir(parents=True, exist_ok=True)
        page.photograph(out, selector)
        drawn = Image.open(out).convert("P", palette=Image.Palette.ADAPTIVE, colors=colours)
        drawn.save(out, optimize=True)

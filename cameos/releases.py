"""What is agreed to before a face is shown: published texts, and who agreed to which.

A text that was published never changes; another wording is another version. A new version is
asked for at the next capture and takes nothing back from what stands on an older one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from cameos.errors import AdultsOnly, ReleaseOutdated, ReleaseRequired, ReleaseTextUnknown
from cameos.models import Cameo, Release
from cameos.protecting import protect_only
from cameos.states import Purpose, bits
from cameos.terms import set_terms
from sora_social import audit
from sora_social.users.models import User

TEXTS = Path(__file__).parent / "texts"
NAME = re.compile(r"enrolment-(\d+)\.([A-Za-z-]+)\.md")
PROTECTION = (Purpose.ENROL, Purpose.SAFETY_SEARCH)  # without them there is no cameo


@dataclass(frozen=True)
class Text:
    """A text as it was published."""

    version: int
    locale: str
    sha256: str
    text: str


@cache
def texts() -> dict[tuple[int, str], Text]:
    """All that were ever published, by version and locale."""
    found = {}
    for path in sorted(TEXTS.glob("*.md")):
        if named := NAME.fullmatch(path.name):
            version, locale, written = int(named[1]), named[2], path.read_bytes()
            digest = hashlib.sha256(written).hexdigest()
            found[version, locale] = Text(version, locale, digest, written.decode())
    return found


def current_version() -> int:
    return max(version for version, _ in texts())


def current_text(locale: str = "en") -> Text:
    """The newest text, in the language asked for if there is one, else in English."""
    newest = current_version()
    tries = (locale, locale.split("-")[0], "en")
    return next(texts()[newest, name] for name in tries if (newest, name) in texts())


@transaction.atomic
def sign(
    cameo: Cameo,
    *,
    version: int,
    locale: str,
    sha256: str,
    purposes: Collection[str],
    adult: bool,
) -> Release:
    """Its owner agrees to the current text, for these purposes, and is an adult. A purpose left out
    is taken back if it was given before. Raises AdultsOnly, ReleaseOutdated, ReleaseTextUnknown,
    ReleaseRequired when what every cameo needs is left out.
    """
    _require_adult(cameo.owner, adult)
    _require_shown(version, locale, sha256)
    if missing := [purpose for purpose in PROTECTION if purpose not in purposes]:
        raise ReleaseRequired(version=current_version(), purposes=[*map(str, missing)])
    release = _write(cameo, {"version": version, "locale": locale, "sha256": sha256}, purposes)
    _take_back(cameo, release)
    return release


@transaction.atomic
def take_back_use(cameo: Cameo) -> Cameo:
    """Its owner agrees to no more than protection from now on; `protect_only` says what that does.
    To lend it again takes a new word. Raises IllegalMove if it only protects already."""
    protect_only(cameo)
    if last := Release.objects.of(cameo.pk).first():
        text = {name: getattr(last, name) for name in ("version", "locale", "sha256")}
        _write(cameo, text, PROTECTION)
    return cameo


def _write(cameo: Cameo, text: Mapping[str, Any], purposes: Collection[str]) -> Release:
    release = Release.objects.create(
        person=cameo.owner,
        cameo_id=cameo.pk,
        purposes=bits(purposes, Purpose),
        adult=True,
        **text,
    )
    agreed = {"purposes": sorted(map(str, purposes)), **text}
    audit.record("cameo.released", cameo.owner_id, cameo=str(cameo.pk), **agreed)
    return release


def _require_adult(person: User, attested: bool) -> None:
    if not attested or person.age_band != "adult":
        raise AdultsOnly()


def _require_shown(version: int, locale: str, sha256: str) -> None:
    """Was it the current text, to the letter?"""
    if version != current_version():
        raise ReleaseOutdated(version=current_version())
    shown = texts().get((version, locale))
    if shown is None or shown.sha256 != sha256:
        raise ReleaseTextUnknown()


def _take_back(cameo: Cameo, release: Release) -> None:
    if cameo.voice and not release.covers(Purpose.VOICE):
        set_terms(cameo, voice=False)
    if not cameo.protects_only and not release.covers(Purpose.USE):
        protect_only(cameo)


def require(cameo: Cameo, *purposes: Purpose) -> None:
    """The owner's word on the current text, for all of these. Raises ReleaseRequired."""
    last = Release.objects.of(cameo.pk).first()
    if last is None or last.version != current_version() or not last.covers(*purposes):
        raise ReleaseRequired(version=current_version(), purposes=[*map(str, purposes)])


def require_for_capture(cameo: Cameo) -> None:
    """Before a face is shown. Raises ReleaseRequired."""
    require(cameo, *PROTECTION, *([] if cameo.protects_only else [Purpose.USE]))


def forget_old_releases() -> int:
    """Delete the proofs of people who left long ago; how many. The sweeper calls this."""
    return Release.objects.forgettable().delete()[0]

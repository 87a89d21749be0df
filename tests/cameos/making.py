"""Cameos for tests, made by the functions that make real ones; no face model is needed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from itertools import count
from typing import Any

import numpy as np
from django.utils.timezone import now
from PIL import Image, ImageDraw

from cameos.faces import Pack
from cameos.likeness import seal
from cameos.lookalikes import house_key, seal_for
from cameos.models import Audience, Cameo, ReferencePicture, Release
from cameos.releases import PROTECTION
from cameos.renewals import verified
from cameos.services import current_text, open_cameo, sign
from cameos.states import EVERYTHING, CameoState, Purpose
from cameos.terms import rule_out
from sora_social import storage
from sora_social.ids import uuid7
from sora_social.users.models import User

DIM, DRAWN_PACK = 512, hashlib.sha256(b"drawn in tests").hexdigest()
SIZE, PICTURES = 256, 3
WIDE = {
    "remix": Audience.EVERYONE,
    "contexts": EVERYTHING,
    "surfaces": EVERYTHING,
    "alteration": True,
    "voice": True,
}
_seeds = count(1)


def active_cameo(
    owner: User, audience: str = Audience.APPROVED, handle: str | None = None, **changes: object
) -> Cameo:
    """An active cameo with a random template, sealed, and three drawn reference pictures; lent on
    wide terms to whom the audience lets in."""
    cameo = draft_cameo(owner, handle)
    seed = next(_seeds)
    hang_pictures(cameo, seed)
    cameo.move(CameoState.VERIFYING)
    terms = {"audience": audience, **WIDE, **changes}
    cameo.move(CameoState.ACTIVE, **likeness(cameo, seed), **verified(), **terms)
    rule_out(cameo)
    return cameo


def protecting_cameo(owner: User) -> Cameo:
    """An active cameo that only protects its owner."""
    cameo = draft_cameo(owner, protects_only=True)
    cameo.move(CameoState.VERIFYING)
    cameo.move(CameoState.ACTIVE, **likeness(cameo, next(_seeds)), **verified())
    return cameo


def cameo_in(state: str, owner: User) -> Cameo:
    """A cameo in any of its states."""
    if state == CameoState.DRAFT:
        return draft_cameo(owner)
    if state in (CameoState.ACTIVE, CameoState.PAUSED, CameoState.REVOKED):
        cameo = active_cameo(owner)
        if state != CameoState.ACTIVE:
            gone = {"wrapped_key": None, "template": None} if state == CameoState.REVOKED else {}
            cameo.move(state, **gone)
        return cameo
    cameo = draft_cameo(owner)
    cameo.move(CameoState.VERIFYING)
    if state == CameoState.REVIEW:
        seed = next(_seeds)
        hang_pictures(cameo, seed)
        cameo.move(CameoState.REVIEW, **likeness(cameo, seed))
    return cameo


def draft_cameo(owner: User, handle: str | None = None, **how: bool) -> Cameo:
    """A cameo whose owner has agreed to the text, and has not shown their face yet."""
    cameo = open_cameo(owner, handle or owner.handle, **how)
    agree(cameo)
    return cameo


def agree(cameo: Cameo, purposes: Iterable[str] | None = None) -> Release:
    """Its owner agrees to the current text, by default to all that such a cameo is for."""
    usual = PROTECTION if cameo.protects_only else Purpose
    return sign(cameo, **agreement(purposes or usual))


def agreement(purposes: Iterable[str] = tuple(Purpose)) -> dict[str, Any]:
    """A word on the current text, as a client sends it."""
    text = current_text()
    shown = {"version": text.version, "locale": text.locale, "sha256": text.sha256}
    return shown | {"purposes": sorted(set(map(str, purposes))), "adult": True}


def likeness(cameo: Cameo, seed: int, pack: str = DRAWN_PACK) -> dict[str, object]:
    sealed = seal(template(seed), cameo=str(cameo.pk), pack=pack, house_key=house_key())
    return {"pack_id": pack, "template": sealed.body, "wrapped_key": sealed.key}


def enrol(owner: User, face: np.ndarray, pack: Pack, state: str = CameoState.ACTIVE) -> Cameo:
    """A cameo with this face, a unit template (dim,), in a pack; anybody may use it."""
    cameo = active_cameo(owner, Audience.EVERYONE)
    known = {"state": state, **seal_for(cameo, face, pack)}
    Cameo.objects.filter(pk=cameo.pk).update(**known, state_changed_at=now())
    cameo.refresh_from_db()
    return cameo


def template(seed: int) -> np.ndarray:
    """A random unit template (DIM,); two seeds are strangers."""
    found = np.random.default_rng(seed).standard_normal(DIM).astype(np.float32)
    return found / np.linalg.norm(found)


def hang_pictures(cameo: Cameo, seed: int) -> None:
    for position in range(PICTURES):
        key = f"cameos/{cameo.pk}/{uuid7()}.webp"
        stored = storage.put_bytes(key, head(seed, position))
        ReferencePicture.objects.create(
            cameo=cameo, position=position, key=key, sha256=stored.sha256
        )


def head(seed: int, position: int = 0) -> bytes:
    """A drawn head as WebP, different for each seed."""
    hue = np.random.default_rng(seed).integers(60, 220, 6)
    picture = Image.new("RGB", (SIZE, SIZE), tuple(map(int, hue[:3])))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((60, 40, 196, 216), fill=tuple(map(int, hue[3:])))
    for eye in (100, 156):
        x = eye + 6 * (position - 1)
        draw.ellipse((x - 8, 100, x + 8, 116), fill="black")
    draw.arc((95, 140, 161, 190), 20, 160, fill="black", width=4)
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=90)
    return written.getvalue()

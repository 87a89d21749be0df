"""Cameos for tests, made by the functions that make real ones; no face model is needed."""

from __future__ import annotations

import hashlib
import io
from itertools import count

import numpy as np
from PIL import Image, ImageDraw

from cameos.likeness import seal
from cameos.lookalikes import house_key
from cameos.models import Audience, Cameo, ReferencePicture
from cameos.services import open_cameo
from cameos.states import EVERYTHING, CameoState
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
    cameo.move(CameoState.ACTIVE, **likeness(cameo, seed), **terms)
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


def draft_cameo(owner: User, handle: str | None = None) -> Cameo:
    return open_cameo(owner, handle or owner.handle)


def likeness(cameo: Cameo, seed: int, pack: str = DRAWN_PACK) -> dict[str, object]:
    sealed = seal(template(seed), cameo=str(cameo.pk), pack=pack, house_key=house_key())
    return {"pack_id": pack, "template": sealed.body, "wrapped_key": sealed.key}


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

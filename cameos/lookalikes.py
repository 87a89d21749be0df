"""Is this face enrolled already, by somebody else? The answer is for moderators alone."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable

import numpy as np
from django.conf import settings

from cameos.faces import Pack
from cameos.likeness import Gallery, Sealed, TemplateUnreadable, seal, unseal
from cameos.models import Cameo

NEAR, VERY_NEAR = "like_another", "very_like_another"  # words, never numbers
UNSURE = "search_incomplete"


def seal_for(cameo: Cameo, template: np.ndarray, pack: Pack) -> dict[str, object]:
    """The columns of a cameo that hold its template, sealed under a fresh key."""
    sealed = seal(template, cameo=str(cameo.pk), pack=pack.id, house_key=house_key())
    return {"pack_id": pack.id, "template": sealed.body, "wrapped_key": sealed.key}


def resemblance(cameo: Cameo, template: np.ndarray, pack: Pack) -> list[str]:
    """Doubts about a new likeness: the face of another cameo, or a search that missed some."""
    gallery, missed = _gallery(cameo, pack)
    near = pack.thresholds.duplicate_review
    found = gallery.alike(template, pack=pack.id, at_least=near)
    doubts = [UNSURE] if missed else []
    if found:
        halfway = (1 + near) / 2
        doubts.append(VERY_NEAR if found[0][1] >= halfway else NEAR)
    return doubts


def _gallery(but: Cameo, pack: Pack) -> tuple[Gallery, int]:
    """Everybody else's likeness in this pack, and how many could not be read."""
    others = Cameo.objects.filter(pack_id=pack.id, wrapped_key__isnull=False)
    templates: dict[Hashable, np.ndarray] = {}
    missed = 0
    for cameo in others.exclude(owner=but.owner_id).iterator():
        try:
            templates[cameo.pk] = _unseal(cameo)
        except TemplateUnreadable:
            missed += 1
    return Gallery(pack.id, templates), missed


def _unseal(cameo: Cameo) -> np.ndarray:
    sealed = Sealed(key=bytes(cameo.wrapped_key or b""), body=bytes(cameo.template or b""))
    return unseal(sealed, cameo=str(cameo.pk), pack=cameo.pack_id, house_key=house_key())


def house_key() -> bytes:
    """32 bytes that wrap every cameo's own key."""
    return hashlib.sha256(settings.CAMEO_KEK.encode()).digest()

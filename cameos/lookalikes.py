"""Is this face enrolled already, by somebody else? The answer is for moderators alone."""

from __future__ import annotations

from uuid import UUID

import numpy as np

from cameos.faces import Pack
from cameos.index import house_key, index_of
from cameos.likeness import Sealed, seal, unseal
from cameos.models import Cameo

__all__ = [
    "NEAR", "UNSURE", "VERY_NEAR", "alike", "house_key", "seal_for", "unsealed",
]  # fmt: skip

NEAR, VERY_NEAR = "like_another", "very_like_another"  # words, never numbers
UNSURE = "search_incomplete"


def seal_for(cameo: Cameo, template: np.ndarray, pack: Pack) -> dict[str, object]:
    """The columns of a cameo that hold its template, sealed under a fresh key."""
    sealed = seal(template, cameo=str(cameo.pk), pack=pack.id, house_key=house_key())
    return {"pack_id": pack.id, "template": sealed.body, "wrapped_key": sealed.key}


def alike(cameo: Cameo, template: np.ndarray, pack: Pack) -> tuple[list[str], UUID | None]:
    """Doubts about a new likeness, the face of another cameo or a search that missed some, and the
    cameo that it is most like."""
    own = Cameo.objects.owned_by(cameo.owner).values_list("pk", flat=True)
    found = index_of(pack).ask(template[None], but=list(own))
    doubts = [UNSURE] if found.unreadable else []
    near, nearest = pack.thresholds.duplicate_review, found.nearest[0]
    if nearest.alike < near:
        return doubts, None
    doubts.append(VERY_NEAR if nearest.alike >= (1 + near) / 2 else NEAR)
    return doubts, nearest.who


def unsealed(cameo: Cameo) -> np.ndarray:
    """A cameo's template (dim,). Raises TemplateUnreadable."""
    sealed = Sealed(key=bytes(cameo.wrapped_key or b""), body=bytes(cameo.template or b""))
    return unseal(sealed, cameo=str(cameo.pk), pack=cameo.pack_id, house_key=house_key())

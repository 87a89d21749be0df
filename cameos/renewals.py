"""A likeness is shown anew: after a year, or when a face has changed.

The cameo stays active meanwhile and the older likeness stands until the new one has passed, at
once or before a moderator. Who does not show it in time makes nothing new with it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from cameos.faces import Pack
from cameos.likeness import TemplateUnreadable
from cameos.lookalikes import seal_for, unsealed
from cameos.models import Cameo, Capture, ReferencePicture, Renewal
from cameos.states import CameoState
from sora_social import outbox, storage
from sora_social.errors import IllegalMove

CHANGED, NOT_COMPARED = "changed_face", "not_compared"
REMINDED_AT_ONCE = 200


def verified() -> dict[str, object]:
    """The columns of a cameo whose owner has just shown their face."""
    shown = now()
    lapses = shown + settings.CAMEO_REVERIFY + settings.CAMEO_REVERIFY_GRACE
    return {"verified_at": shown, "lapses_at": lapses, "reminded_at": None}


def changes(cameo: Cameo, template: np.ndarray, pack: Pack) -> list[str]:
    """Doubts whether an active cameo's owner is still whom it shows."""
    if cameo.state != CameoState.ACTIVE:
        return []
    if cameo.pack_id != pack.id:
        return [NOT_COMPARED]
    try:
        alike = float(unsealed(cameo) @ template)
    except TemplateUnreadable:
        return [NOT_COMPARED]
    return [CHANGED] if alike < pack.thresholds.continuity else []


def waiting(cameo: Cameo) -> Renewal | None:
    """The likeness that a moderator still has to look at."""
    return Renewal.objects.filter(cameo=cameo).select_related("capture").first()


def settle(
    cameo: Cameo,
    capture: Capture,
    likeness: tuple[np.ndarray, Pack] | None,
    pictures: Mapping[str, str],
    doubts: list[str],
) -> CameoState:
    """What comes of a likeness shown anew, in the word for a first one: draft (nothing), review or
    active. `likeness` is None when the capture was refused; `pictures` are sha256 by key."""
    if likeness is None:
        return CameoState.DRAFT
    sealed = seal_for(cameo, *likeness)
    renewal = Renewal(cameo=cameo, capture=capture, pictures=dict(pictures), **sealed)
    if not doubts and settings.CAMEO_REVIEW != "always":
        accept(cameo, renewal)
        return CameoState.ACTIVE
    renewal.save(force_insert=True)
    return CameoState.REVIEW


def accept(cameo: Cameo, renewal: Renewal) -> None:
    """The new likeness takes the place of the older one, whose key is gone with that."""
    _take(renewal)
    sealed = {name: getattr(renewal, name) for name in ("pack_id", "template", "wrapped_key")}
    changed = {"state_changed_at": now()}  # by which the index knows whom to read again
    Cameo.objects.filter(pk=cameo.pk).update(**sealed, **verified(), **changed)
    cameo.refresh_from_db()
    storage.drop_later(cameo.references.values_list("key", flat=True))
    cameo.references.all().delete()
    hang(cameo, renewal.pictures)


def refuse(cameo: Cameo, renewal: Renewal) -> None:
    """The older likeness stays."""
    _take(renewal)
    storage.drop_later(renewal.pictures)


def _take(renewal: Renewal) -> None:
    """Of two who decide about it one gets it. Raises IllegalMove for the other."""
    waits = not renewal._state.adding
    if waits and not Renewal.objects.filter(pk=renewal.pk).delete()[0]:
        raise IllegalMove(here=CameoState.ACTIVE, to=CameoState.ACTIVE)


def hang(cameo: Cameo, pictures: Mapping[str, str]) -> None:
    """Keep a likeness's pictures, sha256 by storage key, the best first."""
    ReferencePicture.objects.bulk_create(
        ReferencePicture(cameo=cameo, position=position, key=key, sha256=digest)
        for position, (key, digest) in enumerate(pictures.items())
    )


def remind_of_lapses() -> int:
    """Tell owners, once, that nothing new will be made unless they show their face; how many. The
    sweeper calls this."""
    return sum(_remind(cameo) for cameo in Cameo.objects.to_remind()[:REMINDED_AT_ONCE])


@transaction.atomic
def _remind(cameo: Cameo) -> bool:
    untold = Cameo.objects.to_remind().filter(pk=cameo.pk, verified_at=cameo.verified_at)
    if not untold.update(reminded_at=now()):
        return False
    outbox.write(
        f"cameo.lapses.{cameo.pk}.{cameo.lapses_at:%Y%m%d%H%M%S}",
        cameo.owner_id,
        "cameo_lapses",
        cameo=str(cameo.pk),
        handle=cameo.handle,
        lapses_at=cameo.lapses_at.isoformat() if cameo.lapses_at else None,
    )
    return True

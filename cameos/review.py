"""A moderator's eye on a likeness, and taking a likeness down."""

from __future__ import annotations

from django.db import transaction

from cameos import renewals
from cameos.errors import OwnCase, ReasonRequired
from cameos.models import Cameo, Capture, Renewal
from cameos.states import CameoState
from sora_social import audit, outbox, storage
from sora_social.errors import IllegalMove
from sora_social.ids import uuid7
from sora_social.users.models import User

NO_LIKENESS = {"pack_id": "", "template": None, "wrapped_key": None}
WITHDRAWN = "withdrawn"


@transaction.atomic
def approve(cameo: Cameo, moderator: User) -> None:
    """A moderator finds the likeness, the first or a new one, to be its owner's. Raises OwnCase,
    IllegalMove."""
    renewal = _waiting(cameo, moderator, CameoState.ACTIVE)
    if renewal is None:
        cameo.move(CameoState.ACTIVE, reason="", **renewals.verified())
    else:
        renewals.accept(cameo, renewal)
    _decided("approved", cameo, moderator)


@transaction.atomic
def reject(cameo: Cameo, moderator: User, reason: str) -> None:
    """Back to a draft, without the likeness; what was active stays so, with the older one. Raises
    OwnCase, IllegalMove, ReasonRequired."""
    renewal = _waiting(cameo, moderator, CameoState.DRAFT)
    if not reason.strip():
        raise ReasonRequired()
    if renewal is None:
        cameo.move(CameoState.DRAFT, reason=reason.strip()[:300], **NO_LIKENESS)
        drop_files(cameo)
    else:
        renewals.refuse(cameo, renewal)
        cameo.reason = reason.strip()[:300]
    _decided("rejected", cameo, moderator)


def _waiting(cameo: Cameo, moderator: User, to: CameoState) -> Renewal | None:
    """The new likeness of an active cameo that waits, or None for a first one."""
    if cameo.owner_id == moderator.pk:
        raise OwnCase()
    if cameo.state == CameoState.REVIEW:
        return None
    renewal = renewals.waiting(cameo)
    if renewal is None:
        raise IllegalMove(here=cameo.state, to=to)
    return renewal


def drop_files(cameo: Cameo) -> None:
    """Forget pictures and clips now, and delete their files once that is committed."""
    waiting = Capture.objects.waiting().filter(challenge__cameo=cameo)
    keys = [capture.key for capture in waiting]
    keys += cameo.references.values_list("key", flat=True)
    if renewal := renewals.waiting(cameo):
        renewals.refuse(cameo, renewal)
    waiting.update(passed=False, reasons=[WITHDRAWN])
    cameo.references.all().delete()
    storage.drop_later(keys)


def forget_prints(cameo: Cameo) -> None:
    """With the likeness go the fingerprints of the clips that showed it."""
    Capture.objects.filter(challenge__cameo=cameo).update(prints=b"")


def _decided(what: str, cameo: Cameo, moderator: User) -> None:
    audit.record(f"cameo.{what}", moderator.pk, cameo=str(cameo.pk), reason=cameo.reason)
    outbox.write(
        f"cameo.{what}.{cameo.pk}.{uuid7()}",
        cameo.owner_id,
        "cameo_reviewed",
        cameo=str(cameo.pk),
        handle=cameo.handle,
        approved=what == "approved",
        reason=cameo.reason,
    )

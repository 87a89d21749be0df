"""A moderator's eye on a likeness, and taking a likeness down."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from cameos.errors import OwnCase, ReasonRequired
from cameos.models import Cameo, Capture
from cameos.states import CameoState
from sora_social import audit, outbox, storage
from sora_social.errors import IllegalMove
from sora_social.users.models import User

NO_LIKENESS = {"pack_id": "", "template": None, "wrapped_key": None}
WITHDRAWN = "withdrawn"


@transaction.atomic
def approve(cameo: Cameo, moderator: User) -> None:
    """A moderator finds the likeness to be its owner's. Raises OwnCase, IllegalMove."""
    _require_review(cameo, moderator, CameoState.ACTIVE)
    cameo.move(CameoState.ACTIVE, reason="")
    _decided("approved", cameo, moderator)


@transaction.atomic
def reject(cameo: Cameo, moderator: User, reason: str) -> None:
    """Back to a draft, without the likeness. Raises OwnCase, IllegalMove, ReasonRequired."""
    _require_review(cameo, moderator, CameoState.DRAFT)
    if not reason.strip():
        raise ReasonRequired()
    cameo.move(CameoState.DRAFT, reason=reason.strip()[:300], **NO_LIKENESS)
    drop_files(cameo)
    _decided("rejected", cameo, moderator)


def _require_review(cameo: Cameo, moderator: User, to: CameoState) -> None:
    if cameo.owner_id == moderator.pk:
        raise OwnCase()
    if cameo.state != CameoState.REVIEW:
        raise IllegalMove(here=cameo.state, to=to)


def drop_files(cameo: Cameo) -> None:
    """Forget pictures and clips now, and delete their files once that is committed."""
    waiting = Capture.objects.waiting().filter(challenge__cameo=cameo)
    keys = [capture.key for capture in waiting]
    keys += cameo.references.values_list("key", flat=True)
    waiting.update(passed=False, reasons=[WITHDRAWN])
    cameo.references.all().delete()
    for key in keys:
        transaction.on_commit(partial(storage.drop, key), robust=True)


def _decided(what: str, cameo: Cameo, moderator: User) -> None:
    audit.record(f"cameo.{what}", moderator.pk, cameo=str(cameo.pk), reason=cameo.reason)
    outbox.write(
        f"cameo.{what}.{cameo.pk}.{cameo.state_changed_at.isoformat()}",
        cameo.owner_id,
        "cameo_reviewed",
        cameo=str(cameo.pk),
        handle=cameo.handle,
        approved=cameo.state == CameoState.ACTIVE,
        reason=cameo.reason,
    )

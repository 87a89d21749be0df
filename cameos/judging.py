"""A worker looks at a capture: claimed once, judged once, and the clip is not kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from cameos import verifying
from cameos.enrolment import current_pack
from cameos.lookalikes import resemblance, seal_for
from cameos.models import Cameo, Capture, ReferencePicture
from cameos.states import CameoState
from cameos.verifying import FAILED, Finding
from sora_social import audit, outbox, storage
from sora_social.ids import uuid7

LEASE = timedelta(seconds=verifying.WALL + 30)
MOST_TRIES = 3  # workers lost over one capture
KINDS = {
    CameoState.DRAFT: "cameo_refused",
    CameoState.REVIEW: "cameo_in_review",
    CameoState.ACTIVE: "cameo_verified",
}


def verify(capture_id: str) -> None:
    """Look at a capture and conclude, unless another worker has it. Safe to run twice."""
    if not _claim(capture_id):
        return
    capture = Capture.objects.select_related("challenge").get(pk=capture_id)
    conclude(capture, _look(capture) if capture.tries <= MOST_TRIES else Finding(False, (FAILED,)))


def _claim(capture_id: str) -> bool:
    free = Capture.objects.free().filter(pk=capture_id)
    return bool(free.update(tries=F("tries") + 1, claimed_until=Now() + LEASE))


def _look(capture: Capture) -> Finding:
    asked = capture.challenge
    try:
        with storage.local(capture.key) as clip:
            return verifying.look(clip, asked.turns, asked.digits, mirrored=capture.mirrored)
    except FileNotFoundError:
        return Finding(False, (FAILED,))


def conclude(capture: Capture, finding: Finding) -> None:
    """Write down what was found and move the cameo, once; keep the pictures, drop the clip."""
    folder = f"cameos/{capture.challenge.cameo_id}"
    pictures = {f"{folder}/{uuid7()}.webp": picture for picture in finding.pictures}
    kept = False
    try:
        stored = {key: storage.put_bytes(key, picture) for key, picture in pictures.items()}
        kept = _write_down(capture, finding, {key: it.sha256 for key, it in stored.items()})
    finally:
        if not kept:
            _drop(pictures)
    storage.drop(capture.key)


@transaction.atomic
def _write_down(capture: Capture, finding: Finding, pictures: dict[str, str]) -> bool:
    """False when another worker was faster, or the cameo has been revoked meanwhile."""
    cameo = Cameo.objects.select_for_update().get(pk=capture.challenge.cameo_id)
    doubts = [*finding.doubts, *_resemblance(cameo, finding)]
    judged = Capture.objects.waiting().filter(pk=capture.pk)
    done = judged.update(passed=finding.passed, reasons=list(finding.reasons), doubts=doubts)
    if not done or cameo.state != CameoState.VERIFYING:
        return False
    _move_on(cameo, finding, doubts)
    _hang(cameo, pictures)
    _tell(cameo, capture, finding)
    return True


def _resemblance(cameo: Cameo, finding: Finding) -> list[str]:
    if finding.template is None:
        return []
    return resemblance(cameo, finding.template, current_pack())


def _move_on(cameo: Cameo, finding: Finding, doubts: list[str]) -> None:
    if finding.template is None:
        cameo.move(CameoState.DRAFT)
        return
    reviewed = doubts or settings.CAMEO_REVIEW == "always"
    likeness = seal_for(cameo, finding.template, current_pack())
    cameo.move(CameoState.REVIEW if reviewed else CameoState.ACTIVE, **likeness)


def _hang(cameo: Cameo, pictures: dict[str, str]) -> None:
    ReferencePicture.objects.bulk_create(
        ReferencePicture(cameo=cameo, position=position, key=key, sha256=digest)
        for position, (key, digest) in enumerate(pictures.items())
    )


def _tell(cameo: Cameo, capture: Capture, finding: Finding) -> None:
    """To the person: how it went. Why a moderator will look is not theirs to know."""
    which = {"cameo": str(cameo.pk), "capture": str(capture.pk)}
    audit.record("cameo.captured", None, state=cameo.state, **which)
    facts = {"handle": cameo.handle, "state": cameo.state, "reasons": list(finding.reasons)}
    kind = KINDS[CameoState(cameo.state)]
    outbox.write(f"capture.{capture.pk}", cameo.owner_id, kind, **which, **facts)


def _drop(keys: Iterable[str]) -> None:
    for key in keys:
        storage.drop(key)

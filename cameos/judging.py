"""A worker looks at a capture: claimed once, judged once, and the clip is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction

from cameos import renewals, verifying, waiting
from cameos.cases import open_review
from cameos.copies import compared
from cameos.enrolment import current_pack
from cameos.lookalikes import alike, seal_for
from cameos.models import Cameo, Capture
from cameos.states import CameoState
from cameos.verifying import FAILED, Finding
from sora_social import audit, outbox, storage

KINDS = {
    CameoState.DRAFT: "cameo_refused",
    CameoState.REVIEW: "cameo_in_review",
    CameoState.ACTIVE: "cameo_verified",
}


def verify(capture_id: str) -> None:
    """Look at a capture and conclude, unless another worker has it. Safe to run twice."""
    if not waiting.claim(Capture.objects.free(), capture_id):
        return
    capture = Capture.objects.select_related("challenge").get(pk=capture_id)
    lost = capture.tries > waiting.MOST_TRIES
    conclude(capture, Finding(False, (FAILED,)) if lost else _look(capture))


def _look(capture: Capture) -> Finding:
    asked = capture.challenge
    try:
        with storage.local(capture.key) as clip:
            return verifying.look(
                clip,
                asked.turns,
                asked.digits,
                mirrored=capture.mirrored,
                language=asked.language,
            )
    except FileNotFoundError:
        return Finding(False, (FAILED,))


def conclude(capture: Capture, finding: Finding) -> None:
    """Write down what was found and move the cameo, once; keep the pictures, drop the clip."""
    finding = compared(capture, finding)
    folder = f"cameos/{capture.challenge.cameo_id}"
    waiting.keep(folder, finding.pictures, partial(_write_down, capture, finding))
    storage.drop(capture.key)


@transaction.atomic
def _write_down(capture: Capture, finding: Finding, pictures: Mapping[str, str]) -> bool:
    """False when another worker was faster, or the cameo has been revoked meanwhile."""
    cameo = Cameo.objects.select_for_update().get(pk=capture.challenge.cameo_id)
    likenesses, like = _resemblance(cameo, finding)
    doubts = [*finding.doubts, *likenesses, *_changes(cameo, finding)]
    judged = Capture.objects.waiting().filter(pk=capture.pk)
    done = judged.update(passed=finding.passed, reasons=list(finding.reasons), doubts=doubts)
    if not done or cameo.state not in (CameoState.VERIFYING, CameoState.ACTIVE):
        return False
    outcome = _outcome(cameo, capture, finding, doubts, pictures)
    _tell(cameo, capture, finding, outcome)
    if outcome == CameoState.REVIEW:
        open_review(cameo, doubts, like)
    return outcome != CameoState.DRAFT


def _outcome(
    cameo: Cameo, capture: Capture, finding: Finding, doubts: list[str], pictures: Mapping[str, str]
) -> CameoState:
    """What comes of it; of an active cameo that was shown anew, in the word for a first capture."""
    if cameo.state == CameoState.ACTIVE:
        likeness = None if finding.template is None else (finding.template, current_pack())
        return renewals.settle(cameo, capture, likeness, pictures, doubts)
    _move_on(cameo, finding, doubts)
    renewals.hang(cameo, pictures)
    return CameoState(cameo.state)


def _resemblance(cameo: Cameo, finding: Finding) -> tuple[list[str], UUID | None]:
    if finding.template is None:
        return [], None
    return alike(cameo, finding.template, current_pack())


def _changes(cameo: Cameo, finding: Finding) -> list[str]:
    if finding.template is None:
        return []
    return renewals.changes(cameo, finding.template, current_pack())


def _move_on(cameo: Cameo, finding: Finding, doubts: list[str]) -> None:
    if finding.template is None:
        cameo.move(CameoState.DRAFT)
        return
    reviewed = doubts or settings.CAMEO_REVIEW == "always"
    likeness = seal_for(cameo, finding.template, current_pack())
    shown = {} if reviewed else renewals.verified()
    cameo.move(CameoState.REVIEW if reviewed else CameoState.ACTIVE, **likeness, **shown)


def _tell(cameo: Cameo, capture: Capture, finding: Finding, outcome: str) -> None:
    """To the person: how it went. Why a moderator will look is not theirs to know."""
    which = {"cameo": str(cameo.pk), "capture": str(capture.pk)}
    audit.record("cameo.captured", None, state=cameo.state, **which)
    facts = {"handle": cameo.handle, "state": cameo.state, "reasons": list(finding.reasons)}
    kind = KINDS[CameoState(outcome)]
    outbox.write(f"capture.{capture.pk}", cameo.owner_id, kind, **which, **facts)

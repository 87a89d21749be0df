"""From a face before a camera to a capture that waits for its check: challenge and answer.

The web process takes a clip in and no more; a worker looks at it (`judging`), because only there
may the libraries that read faces be loaded. The capture's row is the truth, the message to the
worker a hint that the sweeper sends again.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from cameos import capture as protocol
from cameos import waiting
from cameos.errors import (
    CaptureLocked,
    CaptureReplayed,
    ChallengeExpired,
    ChallengeSuperseded,
    ChallengeUnknown,
    ChallengeUsed,
    LikenessOff,
)
from cameos.faces import Pack, PackBroken, PackMissing, read_pack
from cameos.models import Cameo, Capture, Challenge, Renewal
from cameos.releases import require_for_capture
from cameos.states import CameoState
from sora_social import storage, uploads
from sora_social.errors import IllegalMove
from sora_social.users.models import User

log = logging.getLogger(__name__)
VERIFY = "cameos.tasks.verify"


# --- the challenge --------------------------------------------------------------------------------


def challenge(cameo: Cameo, language: str = "en") -> Challenge:
    """Ask for turns, and for digits said in a language (a tag such as en-GB), for a short time; an
    older unanswered challenge lapses. An active cameo's owner shows their face again.

    Raises LikenessOff, IllegalMove unless the cameo is a draft or active and nothing of it is being
    looked at, ReleaseRequired, and CaptureLocked.
    """
    current_pack()
    _require_free(cameo)
    require_for_capture(cameo)
    _require_unlocked(cameo.owner)
    return _ask_anew(cameo, language)


def _require_free(cameo: Cameo) -> None:
    """No likeness of it is under way. Raises IllegalMove."""
    if cameo.state not in (CameoState.DRAFT, CameoState.ACTIVE):
        raise IllegalMove(here=cameo.state, to=CameoState.VERIFYING)
    if Capture.objects.waiting().filter(challenge__cameo=cameo).exists():
        raise IllegalMove(here=CameoState.VERIFYING, to=CameoState.VERIFYING)
    if Renewal.objects.filter(cameo=cameo).exists():
        raise IllegalMove(here=CameoState.REVIEW, to=CameoState.VERIFYING)


@transaction.atomic
def _ask_anew(cameo: Cameo, language: str) -> Challenge:
    cameo.challenges.open().update(superseded_at=now())
    drawn = protocol.draw_challenge()
    return Challenge.objects.create(
        cameo=cameo,
        nonce=secrets.token_urlsafe(32),
        turns=list(drawn.turns),
        digits=drawn.digits,
        language=language,
        expires_at=now() + timedelta(seconds=settings.CHALLENGE_SECONDS),
    )


def _require_unlocked(person: User) -> None:
    """Within CAPTURE_LOCK not more than CAPTURE_ATTEMPTS failures, and not so many challenges
    that one could be drawn to fit a clip filmed before."""
    since = now() - settings.CAPTURE_LOCK
    failed = Challenge.objects.failed_by(person, since)
    _require_fewer([c.used_at for c in failed if c.used_at], settings.CAPTURE_ATTEMPTS)
    drawn = Challenge.objects.drawn_by(person, since).values_list("made_at", flat=True)
    _require_fewer(list(drawn), settings.CAPTURE_DRAWS)


def _require_fewer(times: list[datetime], most: int) -> None:
    if len(times) >= most:
        left = times[-most] + settings.CAPTURE_LOCK - now()
        raise CaptureLocked(retry_after=int(left.total_seconds()) + 1)


@lru_cache
def _checked_pack(folder: Path) -> Pack:
    return read_pack(folder)


def current_pack() -> Pack:
    """The model pack in use, checked once per process. Raises LikenessOff."""
    try:
        return _checked_pack(settings.LIKENESS_MODEL_PACK)
    except (PackMissing, PackBroken) as error:
        log.warning("likeness is off: %s", error)
        raise LikenessOff() from error


# --- the answer -----------------------------------------------------------------------------------


def challenge_of(cameo: Cameo, nonce: str) -> Challenge:
    """The challenge that the cameo's owner was given. Raises ChallengeUnknown."""
    found = cameo.challenges.filter(nonce=nonce).first()
    if found is None:
        raise ChallengeUnknown()
    return found


def answer(challenge: Challenge, upload: Path, mirrored: bool = False) -> Cameo:
    """Take a clip in and send it to be looked at; a draft is verifying until then.

    Raises LikenessOff, UploadRefused for what is plainly no clip, ChallengeExpired,
    ChallengeUsed, ChallengeSuperseded, CaptureReplayed, IllegalMove.
    """
    current_pack()
    digest = _admit(upload)
    _use(challenge)
    capture = Capture(challenge=challenge, sha256=digest, mirrored=mirrored)
    storage.put(capture.key, upload)
    try:
        return _take_in(capture)
    except Exception:
        storage.drop(capture.key)
        raise


def _admit(upload: Path) -> str:
    """Turn away what need not be decoded to be known as wrong; the sha256 of the rest."""
    size, most = upload.stat().st_size, uploads.CLIP.bytes
    if size > most:
        raise uploads.UploadRefused(field="clip", rule="too_large", bytes=size, at_most=most)
    with upload.open("rb") as file:
        uploads.sniff(file.read(uploads.HEAD), uploads.CLIPS, name="clip")
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _use(challenge: Challenge) -> None:
    """Use a challenge up, before anything is decoded: of two answers one gets further."""
    if Challenge.objects.open().filter(pk=challenge.pk).update(used_at=now()):
        return
    challenge.refresh_from_db()
    if challenge.used_at:
        raise ChallengeUsed()
    raise ChallengeSuperseded() if challenge.superseded_at else ChallengeExpired()


@transaction.atomic
def _take_in(capture: Capture) -> Cameo:
    cameo = Cameo.objects.select_for_update().get(pk=capture.challenge.cameo_id)
    _require_free(cameo)
    try:
        with transaction.atomic():
            capture.save(force_insert=True)
    except IntegrityError:
        raise CaptureReplayed() from None
    if cameo.state != CameoState.ACTIVE:  # what is active stays so while it is shown again
        cameo.move(CameoState.VERIFYING, reason="")
    waiting.send(capture, VERIFY)
    return cameo


def resume_verifying() -> int:
    """Send again what no worker has begun with; how many. The sweeper calls this."""
    return waiting.send_again(Capture.objects.free(), VERIFY)

"""What a person asks for, checked against the model, and everybody's leave to make it."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from cameos.errors import ConsentRequired
from cameos.models import Cameo, Consent
from cameos.services import consent_for, mentioned
from generation.engine.capabilities import capabilities_of, check
from generation.engine.types import Capabilities, Unsupported
from generation.errors import EngineMissing, KeyMissing, KeyReused, NotPossible
from generation.models import Job, Output
from sora_social import storage
from sora_social.errors import NotFound
from sora_social.ids import uuid7
from sora_social.text import is_plain
from sora_social.uploads import read_picture
from sora_social.users.models import User

LONGEST_KEY = 255
USUAL_SECONDS, USUAL_STRENGTH = 2.0, 0.7
LEAST_STRENGTH = 0.05  # below it nothing would be made anew
SEEDS = 2**31


@dataclass(frozen=True)
class Wish:
    """What was asked for, with what was left open filled in."""

    prompt: str
    seconds: float
    width: int
    height: int
    seed: int | None
    strength: float
    source: UUID | None
    first_frame: str  # sha256 of the upload

    @property
    def fingerprint(self) -> str:
        """Tells two wishes under one idempotency key apart."""
        plain = [*vars(self).values()]
        return hashlib.sha256(json.dumps(plain, default=str).encode()).hexdigest()


def capabilities() -> Capabilities:
    """What the configured model can do. Raises EngineMissing."""
    try:
        return capabilities_of(settings.GENERATION_MODEL)
    except (OSError, ValueError) as error:
        raise EngineMissing(model=settings.GENERATION_MODEL.name) from error


def check_key(key: str) -> None:
    """Raises KeyMissing."""
    if not 1 <= len(key) <= LONGEST_KEY or not is_plain(key):
        raise KeyMissing


def resolve(
    prompt: str,
    seconds: float | None,
    width: int | None,
    height: int | None,
    seed: int | None,
    strength: float | None,
    first_frame: Path | None,
    source: Output | None,
) -> Wish:
    """Fill in what was left open: the source's size and length, else the model's usual ones."""
    able = capabilities()
    size = (source.job.width, source.job.height) if source else able.sizes[0]
    usual = size if size in able.sizes else able.sizes[0]
    length = min(source.job.seconds if source else USUAL_SECONDS, able.max_seconds)
    return Wish(
        prompt=prompt,
        seconds=length if seconds is None else seconds,
        width=usual[0] if width is None else width,
        height=usual[1] if height is None else height,
        seed=seed,
        strength=USUAL_STRENGTH if strength is None else strength,
        source=source.pk if source else None,
        first_frame=hashlib.sha256(first_frame.read_bytes()).hexdigest() if first_frame else "",
    )


def earlier(author: User, key: str, wish: Wish) -> Job | None:
    """The job of an earlier submit with this key. Raises KeyReused when it was another wish."""
    job = Job.objects.by(author).filter(idempotency_key=key).first()
    if job and job.fingerprint != wish.fingerprint:
        raise KeyReused(job=str(job.pk))
    return job


def check_possible(wish: Wish) -> None:
    """Raises NotPossible, naming the field and what the model can do."""
    able = capabilities()
    if not 0 < wish.seconds <= able.max_seconds:
        raise NotPossible(field="seconds", asked=wish.seconds, possible=[0, able.max_seconds])
    if not LEAST_STRENGTH <= wish.strength <= 1:
        raise NotPossible(field="strength", asked=wish.strength, possible=[LEAST_STRENGTH, 1])
    try:
        check(
            able,
            width=wish.width,
            height=wish.height,
            frames=able.frames_for(wish.seconds),
            first_frame=bool(wish.first_frame),
            source=wish.source is not None,
        )
    except Unsupported as no:
        raise NotPossible(field=no.field, asked=no.asked, possible=_plain(no.possible)) from no


def keep_frame(first_frame: Path | None) -> str:
    """The upload, made anew, in the store; its key, or nothing. Raises UploadRefused.

    Here is where pictures with a face in them will have to be attested or refused.
    """
    if first_frame is None:
        return ""
    key = f"frames/{uuid7()}.webp"
    storage.put_bytes(key, read_picture(first_frame, name="first_frame"))
    return key


def people_in(author: User, wish: Wish, source: Output | None) -> dict[Cameo, bool]:
    """Everybody who will be in it, in order; True for those who come with the source.

    Raises UnknownCameo, TooManyCameos, NotFound, NotPossible.
    """
    people = dict.fromkeys(mentioned(author, wish.prompt), False)
    for cameo in _inherited(source) if source else []:
        people.setdefault(cameo, True)
    if len(people) > (most := capabilities().max_references):
        raise NotPossible(field="prompt", asked=len(people), possible=most)
    return people


def leaves_for(author: User, cameos: list[Cameo]) -> dict[UUID, Consent]:
    """Everybody's leave, locked and live. Raises ConsentRequired."""
    leaves = {cameo.pk: consent_for(author, cameo) for cameo in cameos}
    held = [leave.pk for leave in leaves.values()]
    list(Consent.objects.select_for_update().filter(pk__in=held).order_by("pk"))
    live = set(Consent.objects.live().filter(pk__in=held).values_list("pk", flat=True))
    for cameo in cameos:
        if leaves[cameo.pk].pk not in live:
            raise ConsentRequired(cameo=cameo.handle)
    return leaves


def as_job(author: User, key: str, wish: Wish, frame: str) -> Job:
    """The wish as a row in the queue, its end set by the database's clock."""
    job = Job.objects.create(
        author=author,
        idempotency_key=key,
        fingerprint=wish.fingerprint,
        prompt=wish.prompt,
        seed=secrets.randbelow(SEEDS) if wish.seed is None else wish.seed,
        width=wish.width,
        height=wish.height,
        seconds=wish.seconds,
        strength=wish.strength,
        first_frame=frame,
        deadline_at=Now() + settings.JOB_DEADLINE,
    )
    job.refresh_from_db()
    job.fresh = True
    return job


def _inherited(source: Output) -> list[Cameo]:
    if not Output.objects.cleared().filter(pk=source.pk).exists():
        raise NotFound
    uses = source.job.uses.select_related("cameo__owner")
    return [use.cameo for use in uses if use.cameo]


def _plain(possible: object) -> object:
    """What is possible as JSON can say it: tuples as lists."""
    if isinstance(possible, tuple | list):
        return [_plain(one) for one in possible]
    return possible

"""Jobs and outputs for tests: real rows, moved by the real dispatch, with real media files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from itertools import count
from pathlib import Path
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models.functions import Now

from cameos.models import Cameo
from cameos.services import consent_for
from generation import credits, dispatch
from generation.encoding import RENDITIONS, Encoded, encode
from generation.models import CameoUse, Job, JobSource, Output
from generation.pipeline import prefix_of
from generation.states import JobState, Role
from generation.types import Made
from sora_social import storage
from sora_social.users.models import User

SIDE, FRAMES, FPS, RATE = 64, 9, 8, 16000
_numbers = count(1)


def queued_job(
    author: User,
    cameos: Iterable[Cameo] = (),
    prompt: str = "a red ball on a beach",
    parents: Iterable[Output] = (),
    **fields: object,
) -> Job:
    """A job in the queue, its credits reserved, on the author's live leaves."""
    credits.account_of(author)
    wish = {"seed": 7, "width": SIDE, "height": SIDE, "seconds": 1.0} | fields
    job = Job.objects.create(
        author=author,
        idempotency_key=f"key-{next(_numbers)}",
        fingerprint="",
        prompt=prompt,
        deadline_at=Now() + settings.JOB_DEADLINE,
        **wish,
    )
    for position, cameo in enumerate(cameos):
        leave = consent_for(author, cameo)
        CameoUse.objects.create(job=job, cameo=cameo, consent=leave, position=position)
    for parent in parents:
        JobSource.objects.create(job=job, output=parent, role=Role.REMIX)
    credits.reserve(job)
    job.refresh_from_db()
    return job


def done_output(
    author: User,
    cameos: Iterable[Cameo] = (),
    prompt: str = "a red ball on a beach",
    parents: Iterable[Output] = (),
) -> Output:
    """A finished job's output: small files made by the real encoder from drawn frames."""
    job = queued_job(author, cameos, prompt, parents)
    token = dispatch.claim(job.pk)
    assert token is not None
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.DONE
    return Output.objects.get(job=job)


def stored(job: UUID, token: UUID) -> Made:
    """Drawn media files, put where this try would put them."""
    folder, encoded = drawn_media()
    keys = {name: f"{prefix_of(job, token)}/{file}" for name, file in RENDITIONS.items()}
    files = {name: storage.put(key, folder / RENDITIONS[name]) for name, key in keys.items()}
    named = {f"{name}_key": key for name, key in keys.items()}
    return Made(**named, **files["video"]._asdict(), **vars(encoded), recipe={"model": "drawn"})


@cache
def drawn_media() -> tuple[Path, Encoded]:
    """A square that moves to the right, with a tone; encoded once per test run."""
    folder = Path(tempfile.mkdtemp(prefix="drawn-", dir=settings.DATA))
    return folder, encode(drawn_frames(), FPS, drawn_sound(), RATE, folder)


def drawn_frames() -> np.ndarray:
    """(T, H, W, 3) uint8."""
    frames = np.full((FRAMES, SIDE, SIDE, 3), (200, 40, 0), np.uint8)
    for number, frame in enumerate(frames):
        frame[20:40, number * 4 : number * 4 + 20] = (20, 220, 240)
    return frames


def drawn_sound() -> np.ndarray:
    """(S,) float32: 440 Hz."""
    return np.sin(np.arange(FRAMES * RATE // FPS) / RATE * 440 * 2 * np.pi).astype(np.float32) / 2

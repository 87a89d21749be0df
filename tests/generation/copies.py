"""Outputs whose pictures differ, for what looks at them; and nothing barred before a test."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from django.conf import settings

from generation import barring, dispatch
from generation.encoding import Encoded, encode
from generation.engine.drawn.clips import FPS, draw
from generation.engine.drawn.scene import random_scene
from generation.models import Job, Output
from generation.pipeline import prefix_of
from generation.renditions import FILES
from generation.types import Made
from sora_social import storage
from sora_social.moderation import bars
from sora_social.users.models import User
from tests.generation.making import queued_job

SIZE, FRAMES = (192, 192), 16


def forget() -> None:
    """What is remembered of rows that a test undid."""
    bars.KNOWN.forget()
    barring.INDEX.forget()


@cache
def clip(seed: int) -> np.ndarray:
    """(T, H, W, 3) uint8 of a drawn scene."""
    return draw(random_scene(np.random.default_rng(seed)), SIZE, FRAMES)


@cache
def _files(seed: int, turned: bool) -> tuple[Path, Encoded]:
    folder = Path(tempfile.mkdtemp(prefix=f"copy-{seed}-", dir=settings.DATA))
    frames = np.ascontiguousarray(clip(seed)[:, :, ::-1]) if turned else clip(seed)
    return folder, encode(frames, FPS, np.zeros(0, np.float32), 16_000, folder)


def made(job: Job, token: object, seed: int, *, turned: bool = False) -> Made:
    """A rendering of the scene, in a mirror when it is `turned`, where this try would put it."""
    place, encoded = _files(seed, turned)
    folder = f"{prefix_of(job.pk, token)}/0"
    files = {
        name: storage.put(f"{folder}/{FILES[name].file}", place / FILES[name].file)
        for name in encoded.renditions
    }
    return Made(
        folder=folder, renditions=list(files), **files["video"]._asdict(),
        width=encoded.width, height=encoded.height, seconds=encoded.seconds,
        prints=barring.prints_in(place),
    )  # fmt: skip


def begun(author: User) -> tuple[Job, object]:
    """A job that a worker renders now, and the token of its lease."""
    job = queued_job(author)
    return job, dispatch.claim(job.pk)


def finished(author: User, seed: int, *, turned: bool = False) -> Output | None:
    """What becomes of a job that makes this scene; None when it may not."""
    job, token = begun(author)
    dispatch.finish(job.pk, token, [made(job, token, seed, turned=turned)])
    return Output.objects.filter(job=job).first()

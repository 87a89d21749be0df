"""Jobs and outputs for tests: real rows, moved by the real dispatch, with real media files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from cameos.models import Cameo
from cameos.services import consent_for
from generation import credits, dispatch, services
from generation.encoding import Encoded, encode, encode_still
from generation.models import CameoUse, Job, JobSource, Output
from generation.pipeline import prefix_of
from generation.renditions import FILES, MAIN
from generation.room import room_of
from generation.states import JobState, Role, Task
from generation.types import Made
from sora_social import storage
from sora_social.users.models import User
from sora_social.wording import as_line, telling_words
from tests.generation.drawn import FPS, RATE, SIDE, drawn_frames, drawn_sound

_numbers = count(1)


def submit(
    author: User, prompt: str = "a red ball on a beach", key: str = "a-key", **wish: Any
) -> Job:
    """A wish as the API hands it on."""
    return services.submit(author, key=key, prompt=prompt, **wish)


def queued_job(
    author: User,
    cameos: Iterable[Cameo] = (),
    prompt: str = "a red ball on a beach",
    parents: Iterable[Output] = (),
    **fields: object,
) -> Job:
    """A job in the queue, its credits reserved, on the author's live leaves."""
    account = credits.account_of(author)
    parents = list(parents)
    task = Task.RESTYLE if parents else ""
    came = (parent.job.said.split() for parent in parents)
    said = as_line(telling_words(prompt).union(*came))
    turn = room_of(author).turn(int(str(fields.get("cost", 1))))
    wish = {"seed": 7, "width": SIDE, "height": SIDE, "seconds": 1.0, "task": task} | fields
    job = Job.objects.create(
        author=author,
        idempotency_key=f"key-{next(_numbers)}",
        fingerprint="",
        prompt=prompt,
        said=said,
        turn=turn,
        deadline_at=Now() + settings.JOB_DEADLINE,
        **wish,
    )
    for position, cameo in enumerate(cameos):
        leave = consent_for(author, cameo)
        CameoUse.objects.create(job=job, cameo=cameo, consent=leave, position=position, said=said)
    for parent in parents:
        JobSource.objects.create(job=job, output=parent, role=Role.REMIX)
    credits.reserve(job, account)
    job.refresh_from_db()
    return job


def done_output(
    author: User,
    cameos: Iterable[Cameo] = (),
    prompt: str = "a red ball on a beach",
    parents: Iterable[Output] = (),
    **fields: object,
) -> Output:
    """The output of a finished job, its first: small files made by the real encoder."""
    return done_outputs(author, cameos, prompt, parents, **fields)[0]


def done_outputs(author: User, *args: object, **kwargs: object) -> list[Output]:
    """Every output of a finished job; takes what `queued_job` takes."""
    job = queued_job(author, *args, **kwargs)
    token = dispatch.claim(job.pk)
    assert token is not None
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.DONE
    return list(Output.objects.filter(job=job.pk).order_by("variant"))


def stored(pk: UUID, token: UUID) -> list[Made]:
    """Drawn media files of every variant, put where this try would put them."""
    job = Job.objects.filter(pk=pk).first() or Job(pk=pk)
    return [_stored(job, token, variant) for variant in range(job.variants)]


def _stored(job: Job, token: UUID, variant: int) -> Made:
    kind = "still" if job.still else "clip"
    place, encoded = drawn_media(kind)
    folder = f"{prefix_of(job.pk, token)}/{variant}"
    files = {
        name: storage.put(f"{folder}/{FILES[name].file}", place / FILES[name].file)
        for name in encoded.renditions
    }
    return Made(
        folder=folder,
        renditions=list(files),
        **files[MAIN[kind]]._asdict(),
        width=encoded.width,
        height=encoded.height,
        seconds=encoded.seconds,
        kind=kind,
        recipe={"model": "drawn", "engine_prompt": job.prompt},
    )


@cache
def drawn_media(kind: str) -> tuple[Path, Encoded]:
    """A square that moves to the right, with a tone, or one frame of it; encoded once per run."""
    folder = Path(tempfile.mkdtemp(prefix=f"drawn-{kind}-", dir=settings.DATA))
    if kind == "still":
        return folder, encode_still(drawn_frames()[0], folder)
    return folder, encode(drawn_frames(), FPS, drawn_sound(), RATE, folder)

"""What people may do with jobs and outputs: wish, cancel, keep, discard, take along, forget."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from generation import credits as ledger
from generation import dispatch, screening, wishes
from generation.errors import TooManyJobs
from generation.models import Account, CameoUse, Job, JobSource, Output
from generation.states import JobState, Role
from generation.wishes import Wish, capabilities
from sora_social import audit, outbox, storage
from sora_social.errors import NotFound
from sora_social.users.models import User

__all__ = [
    "cancel",
    "capabilities",
    "credits",
    "discard",
    "discard_likeness",
    "drafts",
    "forget",
    "personal_data",
    "queue_position",
    "submit",
]


def credits(person: User) -> Account:
    """The person's account, today's free credits in it."""
    return ledger.account_of(person)


def submit(
    author: User,
    *,
    key: str,
    prompt: str,
    seconds: float | None = None,
    width: int | None = None,
    height: int | None = None,
    seed: int | None = None,
    strength: float | None = None,
    first_frame: Path | None = None,
    source: Output | None = None,
) -> Job:
    """Queue a video, or find the one that this key already queued (then `fresh` is False).

    Every cameo in it, mentioned or inherited from the source, needs its owner's leave. Raises
    KeyMissing, KeyReused, PromptRefused, NotPossible, UploadRefused, UnknownCameo, TooManyCameos,
    ConsentRequired, NotFound, TooManyJobs, NotEnoughCredits.
    """
    wishes.check_key(key)
    screening.check_form(prompt)
    wish = wishes.resolve(prompt, seconds, width, height, seed, strength, first_frame, source)
    if earlier := wishes.earlier(author, key, wish):
        return earlier
    wishes.check_possible(wish)
    frame = wishes.keep_frame(first_frame)
    job = None
    try:
        job = _queue(author, key, wish, frame, source)
        return job
    finally:
        if job is None or not job.fresh:
            storage.drop(frame)


@transaction.atomic
def _queue(author: User, key: str, wish: Wish, frame: str, source: Output | None) -> Job:
    """Everything or nothing, locks in the one order: consents, job, account."""
    people = wishes.people_in(author, wish, source)
    leaves = wishes.leaves_for(author, list(people))
    ledger.account_of(author)  # locked: of two submits with one key the second sees the first
    if earlier := wishes.earlier(author, key, wish):
        return earlier
    if Job.objects.open().by(author).count() >= settings.JOBS_AT_ONCE:
        raise TooManyJobs(at_most=settings.JOBS_AT_ONCE)
    job = wishes.as_job(author, key, wish, frame)
    CameoUse.objects.bulk_create(
        CameoUse(job=job, cameo=cameo, consent=leaves[cameo.pk], inherited=inherited, position=n)
        for n, (cameo, inherited) in enumerate(people.items())
    )
    if source:
        JobSource.objects.create(job=job, output=source, role=Role.REMIX)
    ledger.reserve(job)
    transaction.on_commit(lambda: dispatch.send(job.pk), robust=True)
    return job


def cancel(job: Job) -> Job:
    """End a job that has not ended; its credits come back. Raises IllegalMove."""
    return dispatch.cancel(job.pk, "author")


def queue_position(job: Job) -> int | None:
    """1 for the job that a free worker takes next; None once it is not waiting."""
    if job.state != JobState.QUEUED:
        return None
    return Job.objects.filter(state=JobState.QUEUED, pk__lt=job.pk).count() + 1


def drafts(person: User) -> QuerySet[Output]:
    """What a person's jobs became, newest first."""
    return Output.objects.by(person).select_related("job").with_epoch().order_by("-pk")


@transaction.atomic
def discard(output: Output) -> None:
    """Delete an output and its files; the credits stay spent."""
    keys = _keys(output)
    Output.objects.filter(pk=output.pk).delete()
    transaction.on_commit(lambda: _drop(keys), robust=True)


@transaction.atomic
def discard_likeness(subject: User, output: Output) -> None:
    """Whose cameo is in a video may delete it, by whomever it was made. Raises NotFound."""
    if not Output.objects.of_likeness(subject).filter(pk=output.pk).exists():
        raise NotFound
    author = output.job.author_id
    audit.record("likeness.discarded", subject.pk, output=str(output.pk), author=author)
    if author != subject.pk:
        outbox.write(
            f"likeness_discarded:{output.pk}", author, "likeness_discarded", job=str(output.job_id)
        )
    discard(output)


# --- a person's own, and a person's end -----------------------------------------------------------


def personal_data(user: User) -> Iterator[tuple[str, bytes | str]]:
    """Parts of a person's export: jobs, credits, and the videos as storage keys."""
    jobs = Job.objects.by(user).order_by("pk").prefetch_related("uses__cameo")
    yield "generation/jobs.json", _json([_about(job) for job in jobs])
    entries = Account.objects.filter(user=user).values(
        "entries__kind", "entries__amount", "entries__job", "entries__made_at"
    )
    yield "generation/credits.json", _json(list(entries.order_by("entries__pk")))
    for output in Output.objects.by(user).order_by("pk"):
        yield f"generation/{output.pk}.mp4", output.video_key


def forget(user: User) -> None:
    """Delete every file of a person, and every video with the person's likeness, by whomever."""
    keys = [key for output in Output.objects.by(user) for key in _keys(output)]
    keys += [key for output in Output.objects.of_likeness(user) for key in _keys(output)]
    keys += Job.objects.by(user).exclude(first_frame="").values_list("first_frame", flat=True)
    Output.objects.of_likeness(user).exclude(job__author=user.pk).update(recipe={})
    Job.objects.by(user).delete()
    transaction.on_commit(lambda: _drop(keys), robust=True)


def _keys(output: Output) -> list[str]:
    return [output.video_key, output.poster_key, output.preview_key, output.sheet_key]


def _drop(keys: list[str]) -> None:
    for key in keys:
        storage.drop(key)


def _about(job: Job) -> dict[str, object]:
    return {
        "id": job.pk,
        "prompt": job.prompt,
        "state": job.state,
        "made_at": job.made_at,
        "seed": job.seed,
        "cameos": [use.cameo.handle for use in job.uses.all() if use.cameo],
    }


def _json(rows: Sequence[object]) -> bytes:
    return json.dumps(rows, indent=2, default=str).encode()

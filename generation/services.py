"""What people may do with jobs and outputs: wish, cancel, keep, discard, take along, forget."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from cameos.errors import ConsentRequired
from cameos.models import Cameo
from cameos.services import count_down, leaves_for, refused
from cameos.states import Gate
from generation import casting, dispatch, gates, inputs, wishes
from generation import credits as ledger
from generation.characters import require_characters
from generation.errors import NoSuchSource, NotAPreview, TooManyJobs
from generation.gates import ask, note_served
from generation.models import (
    PICTURES,
    Account,
    CameoUse,
    CharacterUse,
    Job,
    JobSource,
    Output,
    OutputParent,
)
from generation.states import JobState, Tier
from generation.wanted import Piece, Wanted, check_form
from generation.wishes import Wish, capabilities
from sora_social import audit, outbox, storage
from sora_social.errors import IllegalMove, NotFound
from sora_social.users.models import User
from sora_social.wording import as_line

__all__ = [
    "ask",
    "cancel",
    "cancel_uses",
    "capabilities",
    "credits",
    "discard",
    "discard_likeness",
    "drafts",
    "finalize",
    "forget",
    "note_served",
    "personal_data",
    "purge_likeness",
    "queue_position",
    "require_characters",
    "submit",
    "understand",
]


def credits(person: User) -> Account:
    """The person's account, today's free credits in it."""
    return ledger.account_of(person)


def submit(author: User, *, key: str, **asked: Any) -> Job:
    """Queue what was asked for (the fields of `Wanted`), or find the job that this key already
    queued (then `fresh` is False).

    Every cameo in it, mentioned or inherited from a source, needs its owner's leave; every
    character has to be one that the author may use. Raises
    KeyMissing, KeyReused, PromptRefused, WishRefused, NotPossible, UploadRefused, UnknownCameo,
    TooManyCameos, ConsentRequired, CharacterClosed, NotFound, TooManyJobs, NotEnoughCredits.
    """
    wishes.check_key(key)
    wanted = Wanted(**asked)
    check_form(wanted)
    pieces = wanted.pieces
    masked = (pieces[0][0].width, pieces[0][0].height) if pieces else None
    wish = wishes.resolve(wanted)
    with _noting_refusals(author):
        return _begin(author, key, wish, pieces, lambda: inputs.read(wanted.pictures, masked))


def finalize(author: User, preview: Output, *, key: str, tier: str = Tier.STANDARD) -> Job:
    """Make a preview's final: the same prompt, seed and inputs, more compute.

    Raises NotAPreview, and what `submit` raises.
    """
    wishes.check_key(key)
    if preview.job.tier != Tier.PREVIEW:
        raise NotAPreview
    wish, pieces = wishes.final_of(preview, tier), wishes.pieces_of(preview.job)
    with _noting_refusals(author):
        return _begin(author, key, wish, pieces, lambda: inputs.copies(preview.job))


@contextmanager
def _noting_refusals(author: User) -> Iterator[None]:
    """Whose likeness somebody tried to use in vain is kept, though nothing else of it is."""
    try:
        yield
    except ConsentRequired as no:
        refused(Gate.SUBMIT, author, no.facts["cameo"], no.facts["rule"])
        raise


def understand(author: User, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What came over HTTP in the words of `submit`: uploads as files, ids as one's own videos.

    Raises NoSuchSource.
    """
    said = dict(sent)
    for name in PICTURES:
        if upload := said.pop(name, None):  # uploads beyond memory are files already
            said[name] = Path(upload.temporary_file_path())
    for name in ("source", "other"):
        if pk := said.pop(name, None):
            said[name] = _own(author, pk, name)
    if "sources" in said:
        said["sources"] = tuple(_own(author, pk, "sources") for pk in said["sources"])
    return said


def _own(author: User, pk: UUID, name: str) -> Output:
    own = Output.objects.by(author).select_related("job").filter(pk=pk).first()
    if own is None:
        raise NoSuchSource(field=name)
    return own


def _begin(author: User, key: str, wish: Wish, pieces: list[Piece], read: inputs.Reading) -> Job:
    """The job of this key, or a new one; pictures that came with no new one are dropped."""
    if earlier := wishes.earlier(author, key, wish):
        return earlier
    wishes.check_possible(wish)
    kept = inputs.keep(read())
    job = None
    try:
        _note_attested(author, key, wish)
        job = _queue(author, key, wish, pieces, kept)
        return job
    finally:
        if job is None or not job.fresh:
            storage.drop_each(kept.values())


def _note_attested(author: User, key: str, wish: Wish) -> None:
    """Who says so of which pictures; kept before anything is locked, and whatever comes of it."""
    if wish.attested and wish.pictures and wish.final_of is None:
        audit.record("pictures.attested", author.pk, key=key, pictures=wish.pictures)


@transaction.atomic
def _queue(
    author: User, key: str, wish: Wish, pieces: list[Piece], pictures: dict[str, str]
) -> Job:
    """Everything or nothing, locks in the one order: consents, job, account."""
    sources = [output for output, _ in pieces]
    cast = casting.cast_of(author, wish, sources)
    said = casting.said_in(wish, sources)
    uses = casting.uses_of(author, wish, cast.people, said)
    leaves = leaves_for(author, uses)
    ledger.account_of(author)  # locked: of two submits with one key the second sees the first
    if earlier := wishes.earlier(author, key, wish):
        return earlier
    if Job.objects.open().by(author).count() >= settings.JOBS_AT_ONCE:
        raise TooManyJobs(at_most=settings.JOBS_AT_ONCE)
    job = wishes.as_job(author, key, wish, pictures, as_line(said))
    used = CameoUse.objects.bulk_create(casting.as_rows(job, cast.people, uses, leaves))
    CharacterUse.objects.bulk_create(casting.characters_as_rows(job, cast.characters))
    gates.note(Gate.SUBMIT, author.pk, job.pk, used)
    JobSource.objects.bulk_create(
        JobSource(job=job, output=output, role=role) for output, role in pieces
    )
    count_down(leaves.values())
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
    """Delete an output and its files; what was made from it now stands on what it was made from.

    The credits stay spent; with the last of a job's outputs go the pictures it was made with.
    """
    keys, job = output.keys, output.job
    for step in output.descent.all():
        OutputParent.objects.bulk_create(
            OutputParent(child_id=step.child_id, parent_id=before.parent_id, role=before.role)
            for before in output.lineage.exclude(parent=None)
        )
    Output.objects.filter(pk=output.pk).delete()
    if not job.outputs.exists():
        keys += job.pictures.values()
        Job.objects.filter(pk=job.pk).update(**dict.fromkeys(PICTURES, ""))
    storage.drop_later(keys)


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


def cancel_uses(cameo: Cameo) -> int:
    """End every job under way with a likeness in it; credits come back. How many there were."""
    jobs = list(Job.objects.open().filter(uses__cameo=cameo.pk).values_list("pk", flat=True))
    for pk in jobs:
        with suppress(IllegalMove):  # it ended meanwhile, and asks for leave wherever it is seen
            dispatch.cancel(pk, "consent")
    return len(jobs)


def purge_likeness(cameo: Cameo) -> int:
    """Delete the files of everything with a likeness in it, and what made them; the rows stay, so
    that what was made from them still knows it. How many there were."""
    outputs = Output.objects.filter(job__uses__cameo=cameo.pk)
    keys = [key for output in outputs for key in output.keys]
    gone = outputs.update(renditions=[], recipe={}, size=0)
    storage.drop_later(keys)
    return gone


# --- a person's own, and a person's end -----------------------------------------------------------


def personal_data(user: User) -> Iterator[tuple[str, bytes | str]]:
    """Parts of a person's export: jobs, credits, and the videos as storage keys."""
    jobs = Job.objects.by(user).order_by("pk")
    jobs = jobs.prefetch_related("uses__cameo", "character_uses__character")
    yield "generation/jobs.json", _json([_about(job) for job in jobs])
    entries = Account.objects.filter(user=user).values(
        "entries__kind", "entries__amount", "entries__job", "entries__made_at"
    )
    yield "generation/credits.json", _json(list(entries.order_by("entries__pk")))
    for output in Output.objects.by(user).order_by("pk"):
        yield f"generation/{output.pk}{Path(output.main_key).suffix}", output.main_key


def forget(user: User) -> None:
    """Delete every file of a person, and every video with the person's likeness, by whomever."""
    outputs = Output.objects.filter(Q(job__author=user.pk) | Q(job__uses__cameo__owner=user.pk))
    keys = [key for output in outputs.distinct() for key in output.keys]
    keys += [key for job in Job.objects.by(user) for key in job.pictures.values()]
    Output.objects.of_likeness(user).exclude(job__author=user.pk).update(recipe={})
    Job.objects.by(user).delete()
    storage.drop_later(keys)


def _about(job: Job) -> dict[str, object]:
    return {
        "id": job.pk,
        "prompt": job.prompt,
        "shots": job.shots,
        "task": job.task,
        "state": job.state,
        "made_at": job.made_at,
        "seed": job.seed,
        "cameos": [use.cameo.handle for use in job.uses.all() if use.cameo],
        "characters": [use.character.handle for use in job.character_uses.all() if use.character],
    }


def _json(rows: Sequence[object]) -> bytes:
    return json.dumps(rows, indent=2, default=str).encode()

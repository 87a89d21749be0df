"""What people may do with jobs and outputs: wish, cancel, keep, discard, take along, forget."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from cameos.models import Cameo
from generation import credits as ledger
from generation import dispatch
from generation.appealing import appeal
from generation.barring import bar_output
from generation.beside import screen_beside
from generation.characters import require_characters
from generation.errors import NoSuchSource
from generation.gates import ask, note_served
from generation.lineup import capabilities
from generation.models import (
    UPLOADS,
    Account,
    Job,
    Output,
    OutputParent,
    Print,
)
from generation.own import forget, personal_data
from generation.plans import requests_of
from generation.quotes import quote
from generation.submitting import finalize, submit
from sora_social import audit, outbox, storage
from sora_social.errors import IllegalMove, NotFound
from sora_social.users.models import User

__all__ = [
    "appeal",
    "ask",
    "bar_output",
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
    "quote",
    "requests_of",
    "require_characters",
    "screen_beside",
    "submit",
    "understand",
]


def credits(person: User) -> Account:
    """The person's account, today's free credits in it."""
    return ledger.account_of(person)


def understand(author: User, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What came over HTTP in the words of `submit`: uploads as files, ids as one's own videos.

    Raises NoSuchSource.
    """
    said = dict(sent)
    for name in UPLOADS:
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


def cancel(job: Job) -> Job:
    """End a job that has not ended; its credits come back. Raises IllegalMove."""
    return dispatch.cancel(job.pk, "author")


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
        keys += job.uploads.values()
        Job.objects.filter(pk=job.pk).update(**dict.fromkeys(UPLOADS, ""))
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
    Print.objects.filter(output__in=outputs).delete()
    gone = outputs.update(renditions=[], recipe={}, size=0)
    storage.drop_later(keys)
    return gone

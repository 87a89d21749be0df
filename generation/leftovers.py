"""Files that belong to nobody any more: tries that came to nothing, uploads of ended jobs."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from generation import inputs
from generation.models import Job
from generation.pipeline import RENDERS
from sora_social import storage

LATE_WRITERS = 10  # leases after which no try of an ended job can still be writing


def tidy(limit: int = 50) -> int:
    """Drop what ended jobs left behind, once no late worker can write there; how many jobs.

    The pictures that an output was made with stay as long as the output: they are its recipe's.
    """
    quiet = Now() - timedelta(seconds=LATE_WRITERS * settings.LEASE_S)
    ended = Job.objects.filter(finished_at__lt=quiet, tidied_at=None)
    jobs = list(ended.order_by("finished_at").prefetch_related("outputs")[:limit])
    for job in jobs:
        published = {output.folder for output in job.outputs.all()}
        _drop_but(published, job)
        if not published:
            inputs.drop(job)
        Job.objects.filter(pk=job.pk).update(tidied_at=Now())
    return len(jobs)


def _drop_but(published: set[str], job: Job) -> None:
    for key in list(storage.keys_under(f"{RENDERS}/{job.pk}")):
        if key.rpartition("/")[0] not in published:
            storage.drop(key)


def orphans() -> list[str]:
    """Keys of tries whose job is no more: written late by a worker of a deleted person."""
    keys = list(storage.keys_under(RENDERS))
    jobs = {_job_of(key) for key in keys}
    known = set(Job.objects.filter(pk__in=jobs).values_list("pk", flat=True))
    return [key for key in keys if _job_of(key) not in known]


def _job_of(key: str) -> UUID:
    return UUID(key.split("/")[1])

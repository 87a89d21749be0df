"""A job that is made at once, by the real worker."""

from generation.models import Job
from generation.tasks import run_job


def run(job: Job) -> Job:
    run_job(str(job.pk))
    job.refresh_from_db()
    return job

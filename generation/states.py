"""The states of a job."""

from django.db.models import TextChoices


class JobState(TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.BLOCKED, JobState.CANCELLED})
JOB_MOVES = {
    JobState.QUEUED: {JobState.RUNNING, JobState.CANCELLED, JobState.FAILED},
    JobState.RUNNING: {JobState.QUEUED, *ENDED},
}


class Stage(TextChoices):
    """Where a running job is, in the order of the pipeline."""

    SCREEN = "screen"
    RENDER = "render"
    ENCODE = "encode"
    STORE = "store"


class Role(TextChoices):
    """What a parent output was to the output made from it."""

    REMIX = "remix"

"""The states of a job, and the words for what it may be asked."""

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
    CHECK = "check"
    SIGN = "sign"
    STORE = "store"


class Role(TextChoices):
    """What a parent output was to the output made from it."""

    REMIX = "remix"
    EXTEND = "extend"
    RESTYLE = "restyle"
    INPAINT = "inpaint"
    BLEND = "blend"
    RECAST = "recast"
    STITCH = "stitch"


class Task(TextChoices):
    """What is done with the videos a job starts from."""

    EXTEND = "extend", "what happens next"
    EXTEND_BACK = "extend_back", "what happened before"
    RESTYLE = "restyle", "the same, drawn anew"
    INPAINT = "inpaint", "a part of it drawn anew"
    BLEND = "blend", "from one into the other"
    RECAST = "recast", "somebody else in it"
    STITCH = "stitch", "one after the other, untouched"


ROLES = {task: Role(task.value.removesuffix("_back")) for task in Task}


class Tier(TextChoices):
    """How much compute a job is worth; the engine's own, for the database."""

    PREVIEW = "preview"
    DRAFT = "draft"
    STANDARD = "standard"
    HIGH = "high"


class Kind(TextChoices):
    """What an output is."""

    CLIP = "clip"
    STILL = "still"


class BatchState(TextChoices):
    """How far a batch of the developers' API has come, in the words of its clients."""

    VALIDATING = "validating"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


BATCHES_ENDED = frozenset(
    {BatchState.COMPLETED, BatchState.FAILED, BatchState.EXPIRED, BatchState.CANCELLED}
)
BATCH_MOVES = {
    BatchState.VALIDATING: {
        BatchState.IN_PROGRESS,
        BatchState.FAILED,
        BatchState.CANCELLING,
        BatchState.EXPIRED,
    },
    BatchState.IN_PROGRESS: {
        BatchState.FINALIZING,
        BatchState.CANCELLING,
        BatchState.EXPIRED,
    },
    BatchState.FINALIZING: {BatchState.COMPLETED},
    BatchState.CANCELLING: {BatchState.CANCELLED},
}


class LineState(TextChoices):
    """Of one request of a batch."""

    WAITING = "waiting"
    QUEUED = "queued"  # it has a job, ended or not
    REFUSED = "refused"

"""What the outside world may hear of: that a video is there, or never will be; a batch's end."""

from __future__ import annotations

from uuid import UUID

from cameos.states import Surface
from generation.openai.ids import BATCH, VIDEO, wired
from generation.states import JobState
from sora_social.outbox import OutboxEvent
from sora_social.webhooks.types import Fact


def video_ended(told: OutboxEvent) -> Fact | None:
    """The fact in the end of a job that was made for the API; None for other events.

    Whatever did not make a video failed, and so did one that a moderator has to look at first.
    """
    said = told.payload
    if told.kind != "job_ended" or Surface.API not in said.get("surfaces", ()):
        return None
    completed = said["state"] == JobState.DONE and not said.get("held")
    kind = "video.completed" if completed else "video.failed"
    return Fact(kind, {"id": wired(VIDEO, UUID(said["job"]))}, said.get("via", ""))


def batch_ended(told: OutboxEvent) -> Fact | None:
    """The fact in the end of a batch; None for other events."""
    if told.kind != "batch_ended":
        return None
    said = told.payload
    batch = {"id": wired(BATCH, UUID(said["batch"]))}
    return Fact(f"batch.{said['state']}", batch, said.get("via", ""))

"""A job of ours as a Video of the contract: whose it is, where it stands, why it failed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from cameos.states import Surface, bits
from generation import gates
from generation.models import Job, Output, WireVideo
from generation.openai import ids
from generation.quotes import Quote
from generation.states import ENDED, JobState
from sora_social.prepared import PreparedRow, as_uuid, columns_of, models_in
from sora_social.users.models import User
from sora_social.wire.errors import WireError, not_found

HERE = bits([Surface.API], Surface)
STATUSES = {JobState.QUEUED: "queued", JobState.RUNNING: "in_progress", JobState.DONE: "completed"}
FAILURES = {  # of a job that became nothing, by how it ended
    JobState.BLOCKED: ("moderation_blocked", "Screening refused it. Rule: {reason}."),
    JobState.FAILED: ("generation_failed", "It could not be made: {reason}."),
    JobState.CANCELLED: ("cancelled", "It was cancelled: {reason}."),
}


def videos_of(person: User) -> QuerySet[WireVideo]:
    """A person's videos, each with `shown`: whether it may be seen here now."""
    return _with_shown(WireVideo.objects.by(person).select_related("job"))


def _with_shown(videos: QuerySet[WireVideo]) -> QuerySet[WireVideo]:
    shown = Output.objects.cleared(HERE).filter(job=OuterRef("pk"))
    return videos.annotate(shown=Exists(shown))


def _one(pk: str) -> QuerySet[Any, Any]:
    """A video by the digits of its id, whoever's; asked with every poll."""
    found = _with_shown(WireVideo.objects.filter(pk=as_uuid(pk)))
    return found.values_list(*columns_of(WireVideo), *columns_of(Job, "job__"), "shown")


ONE = PreparedRow(_one)


def find(person: User, pk: UUID) -> WireVideo:
    """Raises WireError (404)."""
    if (found := _own(person, pk)) is None:
        raise not_found("video", ids.wired(ids.VIDEO, pk))
    return found


def _own(person: User, pk: UUID) -> WireVideo | None:
    """As `videos_of` has it."""
    if (row := ONE.of(pk.hex)) is None:
        return None
    video: WireVideo
    video, video.job = models_in(row, WireVideo, Job)
    video.shown = row[-1]  # type: ignore[attr-defined]
    return video if video.job.author_id == person.pk else None


def named(person: User, said: Any, param: str = "video") -> WireVideo:
    """The video whose id stands in a body. Raises WireError."""
    pk = ids.read(ids.VIDEO, said) if isinstance(said, str) else None
    found = _own(person, pk) if pk else None
    if found is None:
        raise not_found(param, str(said)[:80], status=400)
    return found


def as_video(video: WireVideo) -> dict[str, Any]:
    """The object of the contract, all of its keys, and ours: what became of its `audience`."""
    job, error = video.job, failure(video)
    state = JobState(job.state)
    ended = job.finished_at if state in ENDED else None
    return {
        "id": ids.wired(ids.VIDEO, job.pk),
        "object": "video",
        "model": video.model,
        "status": "failed" if error else STATUSES[state],
        "progress": 100 if state == JobState.DONE else min(99, int(job.progress * 100)),
        "created_at": int(job.made_at.timestamp()),
        "completed_at": int(ended.timestamp()) if ended and state == JobState.DONE else None,
        "expires_at": int(video.expires_at.timestamp()) if video.expires_at else None,
        "prompt": video.prompt,
        "size": video.size,
        "seconds": video.seconds,
        "remixed_from_video_id": (
            ids.wired(ids.VIDEO, video.remixed_from) if video.remixed_from else None
        ),
        "error": error,
        "audience": video.audience or "draft",
        "post_id": video.posted or None,
        "post_error": video.not_posted,
    }


def as_quote(quote: Quote) -> dict[str, Any]:
    """An extension of the contract."""
    plan = quote.room.plan
    return {
        "object": "video.quote",
        "possible": quote.is_possible,
        "cost": quote.cost,
        "available": quote.available,
        "left": quote.left,
        "open": quote.room.open,
        "open_at_most": plan.at_once,
        "open_of_key": quote.room.of_key,
        "open_of_key_at_most": plan.of_a_key,
        "queue_position": quote.outlook.position,
        "eta_seconds": quote.outlook.seconds,
    }


def failure(video: WireVideo) -> dict[str, str] | None:
    """Why there is nothing to fetch, nor will be as things stand; None while there may be."""
    job = video.job
    state = JobState(job.state)
    if state == JobState.DONE:
        return None if video.shown or video.is_over else dark(job.pk)  # type: ignore[attr-defined]
    if state not in FAILURES:
        return None
    if job.reason == "consent":
        said = "Somebody in it does not give leave any more."
        return {"code": "consent_required", "message": said}
    code, message = FAILURES[state]
    said = message.format(reason=job.reason or "unknown")
    suggestion = (job.verdict or {}).get("suggestion", "")
    return {"code": code, "message": f"{said} {suggestion}".strip()}


def dark(job: UUID) -> dict[str, str]:
    """Why a finished video may not be seen here."""
    if no := gates.refusal(job, [Surface.API]):
        said = f"The owner of @{no.cameo} does not allow it. Rule: {no.rule.value}."
        return {"code": "consent_required", "message": said}
    output = Output.objects.filter(job=job).first()
    if output is None:
        return {"code": "deleted", "message": "It was deleted."}
    if output.is_held:
        said = "A moderator has to look at it first; ask again later."
        return {"code": "held_for_review", "message": said}
    return {"code": "taken_down", "message": "Moderators took it down."}


def output_of(video: WireVideo) -> Output:
    """What may be fetched or started from. Raises WireError: 400 before it is made, 404 where it
    may not be seen, naming the rule."""
    if video.job.state != JobState.DONE:
        status = as_video(video)["status"]
        raise WireError("video_not_ready", f"The video is not completed: it is {status}.", "video")
    if video.is_over:
        raise WireError("expired", "Its files have expired; see expires_at.", "video", status=404)
    found = Output.objects.cleared(HERE).with_epoch().select_related("job")
    if (output := found.filter(job=video.pk).order_by("variant").first()) is None:
        why = dark(video.pk)
        raise WireError(why["code"], why["message"], "video", status=404)
    return output

"""Videos that were asked for with an audience are posted to it when they are done.

Told of by the outbox, in whose transaction it happens: once, whatever dies meanwhile. Everybody in
the video is asked at that moment as at any posting; whatever says no leaves it a draft, and the
video says why.
"""

from __future__ import annotations

from uuid import UUID

from feed.services import publish
from generation.models import WireVideo
from generation.states import JobState
from sora_social.errors import DomainError
from sora_social.outbox import OutboxEvent
from sora_social.users import keys
from sora_social.users.scopes import Scope


class KeyGone(DomainError):
    status, code = 403, "key_revoked"
    message = "The key that asked for it was revoked, or may not post any more."


def post_when_done(told: OutboxEvent) -> None:
    """Post the video whose end, or whose release by a moderator, this tells of."""
    if (draft := _draft_in(told)) is None:
        return
    wished = WireVideo.objects.exclude(audience="").filter(posted="", job__outputs=draft)
    if video := wished.select_related("job__author").first():
        _post(video, draft)


def _draft_in(told: OutboxEvent) -> UUID | None:
    said = told.payload
    done = told.kind == "job_ended" and said.get("state") == JobState.DONE
    released = told.kind == "draft_reviewed" and said.get("kept")
    draft = said.get("draft") if done or released else None
    return UUID(draft) if draft else None


def _post(video: WireVideo, draft: UUID) -> None:
    try:
        if not keys.may_go_on(video.job.via, Scope.POSTS_WRITE):
            raise KeyGone
        post = publish(video.job.author, draft, audience=video.audience)
    except DomainError as no:
        why = {"code": no.code, "message": _said(no)}
        WireVideo.objects.filter(pk=video.pk).update(not_posted=why)
    else:
        WireVideo.objects.filter(pk=video.pk).update(posted=str(post.pk), not_posted=None)


def _said(no: DomainError) -> str:
    rule = no.facts.get("rule")
    return f"{no.message} Rule: {rule}." if rule else str(no.message)

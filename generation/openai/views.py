"""Videos under `/v1`: parse, call, answer."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from generation import services
from generation.models import Output, WireVideo
from generation.openai import asking, catalog, ids
from generation.openai.asking import Asker
from generation.openai.videos import as_quote, as_video, find, videos_of
from generation.states import ENDED
from sora_social.idempotent import idempotent
from sora_social.users.models import User
from sora_social.wire.bodies import Body
from sora_social.wire.errors import WireError, not_found
from sora_social.wire.pages import page
from sora_social.wire.views import WireView

UNFINISHED = ("queued", "in_progress")


def shown(video: WireVideo) -> Response:
    """The video, and when to ask again while it is not finished."""
    said = as_video(video)
    wait = {"openai-poll-after-ms": str(settings.POLL_AFTER_MS)}
    return Response(said, headers=wait if said["status"] in UNFINISHED else {})


class Videos(WireView):
    @idempotent
    def post(self, request: Request) -> Response:
        return shown(asking.create(Asker.of(request), Body.of(request)))

    def get(self, request: Request) -> Response:
        return Response(page(request, videos_of(request.user), ids.VIDEO, as_video))


class VideoQuote(WireView):
    def post(self, request: Request) -> Response:
        """What a video would cost, and when it would be done; nothing is kept."""
        return Response(as_quote(asking.quote(Asker.of(request), Body.of(request))))


class Edits(WireView):
    @idempotent
    def post(self, request: Request) -> Response:
        return shown(asking.edit(Asker.of(request), Body.of(request)))


class Extensions(WireView):
    @idempotent
    def post(self, request: Request) -> Response:
        return shown(asking.extend(Asker.of(request), Body.of(request)))


class OneVideo(WireView):
    def get(self, request: Request, pk: UUID) -> Response:
        return shown(find(request.user, pk))

    def delete(self, request: Request, pk: UUID) -> Response:
        """Once: of two at a time the second finds nothing."""
        delete(request.user, pk)
        said = {"id": ids.wired(ids.VIDEO, pk), "object": "video.deleted", "deleted": True}
        return Response(said)


class Remix(WireView):
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        source = find(request.user, pk)
        return shown(asking.remix(Asker.of(request), Body.of(request), source))


class Models(WireView):
    def get(self, request: Request) -> Response:
        return Response({"object": "list", "data": [*map(catalog.as_model, catalog.names())]})


class OneModel(WireView):
    def get(self, request: Request, name: str) -> Response:
        if name not in catalog.names():
            raise catalog.unknown(name)
        return Response(catalog.as_model(name))


@transaction.atomic
def delete(person: User, pk: UUID) -> None:
    """Delete a video that has ended, and its files. Raises WireError."""
    video = find(person, pk)
    if video.job.state not in ENDED:
        said = "A video can be deleted once it is completed or failed."
        raise WireError("video_not_ended", said, "video_id")
    if not WireVideo.objects.filter(pk=pk).delete()[0]:
        raise not_found("video", ids.wired(ids.VIDEO, pk))
    for output in Output.objects.filter(job=pk).select_related("job"):
        services.discard(output)

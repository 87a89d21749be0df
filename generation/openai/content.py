"""The files of a video under `/v1`: whole or in parts, after its leave was asked for."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponseBase
from rest_framework.request import Request

from generation import services
from generation.models import Output
from generation.openai.videos import HERE, find, output_of
from generation.renditions import FILES
from sora_social import ranges
from sora_social.users.models import ApiKey
from sora_social.wire.bodies import Body
from sora_social.wire.errors import WireError
from sora_social.wire.views import WireView

VARIANTS = {"video": "video", "thumbnail": "poster", "spritesheet": "sheet"}


class Content(WireView):
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """A file; `head` says the same without it."""
        asked = Body(request.query_params.dict(), is_form=True)
        variant = VARIANTS[asked.choice("variant", tuple(VARIANTS), "video")]
        output = output_of(find(request.user, pk))
        if variant not in output.renditions:
            raise WireError("deleted", "Its files were deleted.", "video", status=404)
        services.note_served(request.user.pk, output, output.epoch)  # type: ignore[attr-defined]
        kind = FILES[variant].content_type
        etag = f'"{output.sha256[:32]}-{variant}"'
        still = partial(may_go_on, request.auth.pk, output.pk)
        return ranges.serve(output.key(variant), kind, request, 0, etag, still)


def may_go_on(key: UUID, output: UUID) -> bool:
    """Whether a download may: the key is live, and the video may still be seen here."""
    return (
        ApiKey.objects.live().filter(pk=key).exists()
        and Output.objects.cleared(HERE).filter(pk=output).exists()
    )

"""Short-lived addresses of an output's files: bound to who looks, and to the consent of now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from generation.models import Output
from sora_social.errors import NotFound
from sora_social.users.models import User

SALT = "generation.media"
CONTENT_TYPES = {
    "video": "video/mp4",
    "poster": "image/webp",
    "preview": "video/mp4",
    "sheet": "image/webp",
}


def urls(output: Output, viewer: User) -> dict[str, str]:
    """The addresses of all renditions, for this viewer, for settings.MEDIA_URL_SECONDS.

    Lists load their outputs `with_epoch()`, so that no query is made here.
    """
    return urls_for(output.pk, _epoch_of(output), viewer.pk)


def urls_for(output_id: UUID, epoch: int, viewer_id: int) -> dict[str, str]:
    """The same from plain values, without a query; `epoch` as `with_epoch()` gives it."""
    return {
        rendition: reverse("media", args=[_token(viewer_id, output_id, rendition, epoch)])
        for rendition in CONTENT_TYPES
    }


def read(token: str) -> tuple[int, Output, str]:
    """Whom the token was given to, the output, the rendition.

    Raises NotFound when it is forged or expired, or when the consents have moved since. Whether
    the viewer may still see the output is the caller's question.
    """
    viewer_id, output_id, rendition, epoch = _opened(token)
    output = Output.objects.cleared().with_epoch().filter(pk=output_id).first()
    if output is None or output.epoch != epoch:  # type: ignore[attr-defined]
        raise NotFound
    return viewer_id, output, rendition


def key_of(output: Output, rendition: str) -> str:
    """Where a rendition lies in the store."""
    key: str = getattr(output, f"{rendition}_key")
    return key


def _epoch_of(output: Output) -> int:
    known: int | None = getattr(output, "epoch", None)
    if known is None:
        known = Output.objects.with_epoch().values_list("epoch", flat=True).get(pk=output.pk)
    return known


def _token(viewer_id: int, output_id: UUID, rendition: str, epoch: int) -> str:
    return signing.dumps([viewer_id, output_id.hex, rendition, epoch], salt=SALT)


def _opened(token: str) -> list[Any]:
    try:
        opened: list[Any] = signing.loads(token, salt=SALT, max_age=settings.MEDIA_URL_SECONDS)
    except signing.BadSignature:
        raise NotFound from None
    return opened

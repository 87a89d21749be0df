"""Short-lived addresses of an output's files: bound to who looks, and to the consent of now.

One token opens all files of an output, and a file's name stands behind it. So a playlist and a
WebVTT file name their neighbours plainly, and each of them is asked for through the same gate.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from generation.models import Output
from generation.renditions import FILES, NAMED, SHOWN
from sora_social.errors import NotFound
from sora_social.users.models import User

SALT = "generation.media"
CONTENT_TYPES = {name: rendition.content_type for name, rendition in FILES.items()}


def urls(output: Output, viewer: User) -> dict[str, str]:
    """The addresses of what there is, for this viewer, for settings.MEDIA_URL_SECONDS.

    Lists load their outputs `with_epoch()`, so that no query is made here.
    """
    return urls_for(output.pk, _epoch_of(output), viewer.pk, output.renditions)


def urls_for(
    output_id: UUID, epoch: int, viewer_id: int, renditions: Collection[str]
) -> dict[str, str]:
    """The same from plain values, without a query; `epoch` as `with_epoch()` gives it."""
    token = _token(viewer_id, output_id, epoch)
    folder = reverse("media", args=[token, FILES["poster"].file]).rpartition("/")[0]
    return {name: f"{folder}/{FILES[name].file}" for name in SHOWN if name in renditions}


def read(token: str, file: str) -> tuple[int, Output, str]:
    """Whom the token was given to, the output, the rendition.

    Raises NotFound when it is forged or expired, when the consents have moved since, or when the
    output has no such file. Whether the viewer may still see the output is the caller's question.
    """
    viewer_id, output_id, epoch = _opened(token)
    output = Output.objects.cleared().with_epoch().filter(pk=output_id).first()
    if output is None or output.epoch != epoch:  # type: ignore[attr-defined]
        raise NotFound
    rendition = NAMED.get(file, "")
    if rendition not in output.renditions:
        raise NotFound
    return viewer_id, output, rendition


def _epoch_of(output: Output) -> int:
    known: int | None = getattr(output, "epoch", None)
    if known is None:
        known = Output.objects.with_epoch().values_list("epoch", flat=True).get(pk=output.pk)
    return known


def _token(viewer_id: int, output_id: UUID, epoch: int) -> str:
    return signing.dumps([viewer_id, output_id.hex, epoch], salt=SALT)


def _opened(token: str) -> list[Any]:
    try:
        opened: list[Any] = signing.loads(token, salt=SALT, max_age=settings.MEDIA_URL_SECONDS)
    except signing.BadSignature:
        raise NotFound from None
    return opened

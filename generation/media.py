"""Short-lived addresses of an output's files: bound to who looks, and to the consent of now.

One token opens all files of an output, and a file's name stands behind it. So a playlist and a
WebVTT file name their neighbours plainly, and each of them is asked for through the same gate.
"""

from __future__ import annotations

import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Collection
from functools import cache
from hmac import compare_digest, digest
from struct import Struct
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from generation.models import Output
from generation.renditions import FILES, NAMED, SHOWN
from sora_social.errors import NotFound
from sora_social.users.models import User

SALT = "generation.media"
SAID = Struct(">QQI16s")  # who looks, the consent epoch, when, the output
SIGNATURE = 18  # bytes: with them a token is 72 letters, without padding
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
    folder = _folder() + _token(viewer_id, output_id, epoch)
    return {name: f"{folder}/{FILES[name].file}" for name in SHOWN if name in renditions}


@cache
def _folder() -> str:
    return reverse("media", args=["token", FILES["poster"].file]).partition("token")[0]


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
    """Signed here rather than by `django.core.signing`, which takes five times as long: a page
    has twenty of them."""
    said = SAID.pack(viewer_id, epoch, int(time.time()), output_id.bytes)
    return urlsafe_b64encode(said + _signature(said, settings.SECRET_KEY)).decode()


def _opened(token: str) -> tuple[int, UUID, int]:
    """Raises NotFound when it is forged or expired."""
    try:
        read = b64decode(token, b"-_", validate=True)
    except ValueError:
        raise NotFound from None
    said, signature = read[: SAID.size], read[SAID.size :]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(compare_digest(signature, _signature(said, key)) for key in keys):
        raise NotFound
    viewer_id, epoch, at, output_id = SAID.unpack(said)
    if time.time() - at > settings.MEDIA_URL_SECONDS:
        raise NotFound
    return viewer_id, UUID(bytes=output_id), epoch


def _signature(said: bytes, key: str) -> bytes:
    return digest(_derived(key), said, "sha256")[:SIGNATURE]


@cache
def _derived(key: str) -> bytes:
    """A key for these addresses alone."""
    return digest(key.encode(), SALT.encode(), "sha256")

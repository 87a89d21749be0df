"""Short-lived addresses of an output's files: bound to who looks, and to the consent of now.

One token opens all files of an output, and a file's name stands behind it. So a playlist and a
WebVTT file name their neighbours plainly, and each of them is asked for through the same gate.
"""

from __future__ import annotations

import time
from base64 import b64decode, urlsafe_b64encode
from functools import cache, lru_cache
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
    return Addresses(viewer.pk).of(output.pk, _epoch_of(output), tuple(output.renditions))


class Addresses:
    """The same from plain values, without a query, for all that somebody is shown at once."""

    def __init__(self, viewer_id: int) -> None:
        self._viewer, self._at, self._folder = viewer_id, int(time.time()), _folder()
        self._key = settings.SECRET_KEY

    def of(self, output_id: UUID, epoch: int, renditions: tuple[str, ...]) -> dict[str, str]:
        """`epoch` as `with_epoch()` gives it."""
        said = SAID.pack(self._viewer, epoch, self._at, output_id.bytes)
        folder = self._folder + _signed(said, self._key)
        return {name: f"{folder}/{file}" for name, file in _files(renditions)}


@lru_cache(256)
def _files(renditions: tuple[str, ...]) -> list[tuple[str, str]]:
    """What is told of an output that has these, and its file; most have the same."""
    return [(name, FILES[name].file) for name in SHOWN if name in renditions]


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


def named(token: str, file: str) -> tuple[Output, str]:
    """The output and the rendition that an address led to, though it may have expired since or the
    consents moved. It opens nothing. Raises NotFound when it is forged, or the output is gone."""
    _, _, _, output_id = _said(token)
    output = Output.objects.select_related("job").filter(pk=UUID(bytes=output_id)).first()
    if output is None or (rendition := NAMED.get(file, "")) not in output.renditions:
        raise NotFound
    return output, rendition


def _epoch_of(output: Output) -> int:
    known: int | None = getattr(output, "epoch", None)
    if known is None:
        known = Output.objects.with_epoch().values_list("epoch", flat=True).get(pk=output.pk)
    return known


def _signed(said: bytes, key: str) -> str:
    """The token: made here rather than by `django.core.signing`, which takes five times as long,
    for a page has twenty of them."""
    return urlsafe_b64encode(said + _signature(said, key)).decode()


def _opened(token: str) -> tuple[int, UUID, int]:
    """Raises NotFound when it is forged or expired."""
    viewer_id, epoch, at, output_id = _said(token)
    if time.time() - at > settings.MEDIA_URL_SECONDS:
        raise NotFound
    return viewer_id, UUID(bytes=output_id), epoch


def _said(token: str) -> tuple[int, int, int, bytes]:
    """What stands in it: SAID. Raises NotFound when it is forged."""
    try:
        read = b64decode(token, b"-_", validate=True)
    except ValueError:
        raise NotFound from None
    said, signature = read[: SAID.size], read[SAID.size :]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(compare_digest(signature, _signature(said, key)) for key in keys):
        raise NotFound
    told: tuple[int, int, int, bytes] = SAID.unpack(said)
    return told


def _signature(said: bytes, key: str) -> bytes:
    return digest(_derived(key), said, "sha256")[:SIGNATURE]


@cache
def _derived(key: str) -> bytes:
    """A key for these addresses alone."""
    return digest(key.encode(), SALT.encode(), "sha256")

"""Serve a stored file, or the byte range of it that a player asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import IO

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from sora_social import storage
from sora_social.streaming import for_server

CHUNK = 256 * 1024
ASKED_EVERY_S = 1.0  # how long a stream goes on before it is asked again whether it may
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
Answer = HttpResponse | StreamingHttpResponse
Still = Callable[[], bool]


class NoLonger(ConnectionAbortedError):
    """What was being sent may not be sent any more: the connection ends before its last byte."""


def serve(
    key: str,
    content_type: str,
    request: HttpRequest,
    max_age: int = 60,
    etag: str = "",
    still: Still | None = None,
) -> Answer:
    """The file at `key`, privately cacheable for `max_age` seconds. Raises FileNotFoundError.

    With an `etag` whoever has it already gets 304. `still` is asked while it is sent, about each
    ASKED_EVERY_S seconds; at its first no the stream breaks off. Where a server in front sends
    files (settings.X_ACCEL), it is told which, and nobody is asked once that has begun.
    """
    if etag and etag in _listed(request.headers.get("If-None-Match", "")):
        return _marked(HttpResponse(status=304), max_age, etag)
    if settings.X_ACCEL:
        sent = HttpResponse(content_type=content_type)
        sent["X-Accel-Redirect"] = f"{settings.X_ACCEL}{key}"
        return _marked(sent, max_age, etag)
    return _marked(_opened(key, content_type, request, etag, still), max_age, etag)


def _opened(
    key: str, content_type: str, request: HttpRequest, etag: str, still: Still | None
) -> Answer:
    file = storage.open_file(key)
    size = file.seek(0, 2)
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    if (same := request.headers.get("If-Range")) and same != etag:
        found = None
    first, last = _bounds(found, size) if found else (0, size - 1)
    if first > last:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers = {"Content-Length": str(last - first + 1), "Accept-Ranges": "bytes"}
    if found:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    told = {"content_type": content_type, "status": 206 if found else 200, "headers": headers}
    if request.method == "HEAD":
        file.close()
        return HttpResponse(**told)
    chunks = _chunks(file, first, last)
    watched = _watched(chunks, still) if still else chunks
    return StreamingHttpResponse(for_server(watched, request), **told)


def _marked(response: Answer, max_age: int, etag: str) -> Answer:
    """How long it may be kept, and by what it is known."""
    response["Cache-Control"] = f"private, max-age={max_age}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if etag:
        response["ETag"] = etag
    return response


def _listed(said: str) -> set[str]:
    return {one.strip().removeprefix("W/") for one in said.split(",")}


def _bounds(found: re.Match[str], size: int) -> tuple[int, int]:
    """First and last byte; first > last when the range cannot be satisfied."""
    first, last = found.groups()
    if not first:
        return (max(size - int(last), 0), size - 1) if last and int(last) else (1, 0)
    return int(first), min(int(last) if last else size - 1, size - 1)


def _chunks(file: IO[bytes], first: int, last: int) -> Generator[bytes, None, None]:
    with file:
        file.seek(first)
        left = last - first + 1
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _watched(chunks: Generator[bytes, None, None], still: Still) -> Generator[bytes, None, None]:
    """The chunks for as long as they may be sent. Raises NoLonger."""
    asked_at = time.monotonic()
    with closing(chunks):
        for chunk in chunks:
            if time.monotonic() - asked_at >= ASKED_EVERY_S:
                asked_at = time.monotonic()
                if not _asked(still):
                    raise NoLonger
            yield chunk


def _asked(still: Still) -> bool:
    """The answer; the thread of the server that asks keeps no connection that has grown old."""
    try:
        return still()
    finally:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()

"""Serve a stored file, or the byte range of it that a player asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from sora_social import storage
from sora_social.streaming import for_server

CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def serve(
    key: str, content_type: str, request: HttpRequest, max_age: int = 60
) -> HttpResponse | StreamingHttpResponse:
    """The file at `key`, privately cacheable for `max_age` seconds. Raises FileNotFoundError."""
    file = storage.open_file(key)
    size = file.seek(0, 2)
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    first, last = _bounds(found, size) if found else (0, size - 1)
    if first > last:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    chunks = for_server(_chunks(file, first, last), request)
    response = StreamingHttpResponse(
        chunks, content_type=content_type, status=206 if found else 200
    )
    response["Content-Length"] = last - first + 1
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = f"private, max-age={max_age}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if found:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _bounds(found: re.Match[str], size: int) -> tuple[int, int]:
    """First and last byte; first > last when the range cannot be satisfied."""
    first, last = found.groups()
    if not first:
        return (max(size - int(last), 0), size - 1) if last and int(last) else (1, 0)
    return int(first), min(int(last) if last else size - 1, size - 1)


def _chunks(file: IO[bytes], first: int, last: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        left = last - first + 1
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk

"""Send a long answer piece by piece, under WSGI and under ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from typing import IO

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from rest_framework.request import Request

CHUNK = 256 * 1024


def chunks_of(file: IO[bytes]) -> Generator[bytes, None, None]:
    """A file in pieces; it is closed after the last, or when nobody wants more."""
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def for_server(
    chunks: Generator[bytes, None, None], request: HttpRequest | Request
) -> Iterator[bytes] | AsyncIterator[bytes]:
    """The pieces as the server wants them: under ASGI, Django would first gather a plain
    iterator in memory."""
    asked = request._request if isinstance(request, Request) else request
    return _one_by_one(chunks) if isinstance(asked, ASGIRequest) else chunks


async def _one_by_one(chunks: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    try:
        while chunk := await asyncio.to_thread(next, chunks, b""):
            yield chunk
    finally:
        chunks.close()

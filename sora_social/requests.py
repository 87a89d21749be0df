"""Every request has an id: in the answer's header, in every error, in every log line."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

from sora_social.ids import uuid7

HEADER = "X-Request-ID"
_current: ContextVar[str] = ContextVar("request_id", default="")
_PLAIN = re.compile(r"[\w.-]{8,64}")


def request_id() -> str:
    """The id of the request now being answered; empty outside of one."""
    return _current.get()


class RequestIdMiddleware:
    """Take the caller's id where it is plain, else make one; works under WSGI and ASGI."""

    sync_capable = async_capable = True

    def __init__(
        self, get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]
    ):
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        return self._later(request) if self.is_async else self._now(request)

    def _now(self, request: HttpRequest) -> HttpResponse:
        given = _begin(request)
        response = self.get_response(request)
        response[HEADER] = given
        return response

    async def _later(self, request: HttpRequest) -> HttpResponse:
        given = _begin(request)
        response = await self.get_response(request)
        response[HEADER] = given
        return response


def _begin(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "")
    chosen = given if _PLAIN.fullmatch(given) else uuid7().hex
    _current.set(chosen)
    return chosen

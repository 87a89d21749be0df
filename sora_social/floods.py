"""Floods: a person, or an address without a person, may ask so often and no more.

How often a person may is in their plan; the rooms above say it by `settings.REQUESTS_OF`. Every
answer says what is left in the headers X-RateLimit-Limit, -Remaining and -Reset (seconds).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

MINUTE = 60


class Left(NamedTuple):
    """What somebody may still ask: of `limit`, `remaining`, and all of it in `reset` seconds."""

    limit: int
    remaining: int
    reset: int


class PerPerson(SimpleRateThrottle):
    """One count per signed-in person; per address for everybody else."""

    scope = "person"

    def allow_request(self, request, view):  # type: ignore[no-untyped-def]
        is_general = self.scope == PerPerson.scope
        if is_general and request.user.pk and (most := requests_of(request.user.pk)):
            self.num_requests, self.duration = most, MINUTE
        is_let = super().allow_request(request, view)
        if is_general and self.rate is not None:
            request._request.left = self._left()
        return is_let

    def get_cache_key(self, request, view):  # type: ignore[no-untyped-def]
        who = request.user.pk or self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": who}

    def _left(self) -> Left:
        """The newest comes first; the window is empty when the newest has left it."""
        reset = self.duration - (self.now - self.history[0]) if self.history else 0
        remaining = max(0, self.num_requests - len(self.history))
        return Left(self.num_requests, remaining, math.ceil(reset))


def left_of(request: Request) -> Left | None:
    """What was left when this request was counted; None where nobody counts."""
    return getattr(request._request, "left", None)


def requests_of(person: int) -> int:
    """Requests a minute of a person's plan; 0: as everybody."""
    return int(import_string(settings.REQUESTS_OF)(person))


class RateHeadersMiddleware:
    """Say with every answer that was counted what is left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if left := getattr(request, "left", None):
            response["X-RateLimit-Limit"] = str(left.limit)
            response["X-RateLimit-Remaining"] = str(left.remaining)
            response["X-RateLimit-Reset"] = str(left.reset)
        return response

"""What Django itself refuses, and our own faults, in the shape of whoever asks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from sora_social.errors import NotFound, body
from sora_social.wire.shape import PREFIX, shape

PROGRAMS = ("/api/v1/", "/_allauth/", "/healthz")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = _for_programs(request, 400, "bad_request", "This request cannot be read.")
    return said or defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = _for_programs(request, 403, "forbidden", "This is not allowed.")
    return said or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = _for_programs(request, 404, NotFound.code, NotFound.message)
    return said or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    said = _for_programs(request, 500, "server_error", "Something went wrong on our side.")
    return said or defaults.server_error(request)


def _for_programs(
    request: HttpRequest, status: int, code: str, message: str
) -> HttpResponse | None:
    """The answer where programs ask; None where people do."""
    if request.path.startswith(PREFIX):
        return JsonResponse(shape(status, code, message), status=status)
    if request.path.startswith(PROGRAMS):
        return JsonResponse(body(code, message), status=status)
    return None

"""What Django itself refuses, and our own faults, in the one shape where programs ask."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from sora_social.errors import NotFound, body

PROGRAMS = ("/api/v1/", "/_allauth/", "/healthz")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PROGRAMS):
        return JsonResponse(body("bad_request", "This request cannot be read."), status=400)
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PROGRAMS):
        return JsonResponse(body("forbidden", "This is not allowed."), status=403)
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PROGRAMS):
        return JsonResponse(body(NotFound.code, NotFound.message), status=404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(PROGRAMS):
        shape = body("server_error", "Something went wrong on our side.")
        return JsonResponse(shape, status=500)
    return defaults.server_error(request)

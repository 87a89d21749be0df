"""Where answers are given once: every POST under /api/v1/, and the views of /v1 that say so."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.deprecation import MiddlewareMixin
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from sora_social.errors import DomainError, refusal
from sora_social.faults import server_error
from sora_social.idempotency import HEADER, asked_by, once

COVERED = "/api/v1/"


class IdempotencyMiddleware(MiddlewareMixin):
    """Answer a POST of a signed-in person with an Idempotency-Key once.

    A view with `keyed_by_itself = True` has a meaning of its own for the header, and is left alone.
    """

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not (request.method == "POST" and HEADER in request.headers) or not _is_covered(
            request, view
        ):
            return None
        if (person := _person(request, view)) is None:
            return None  # the view refuses, or has its own way of knowing people
        try:
            asked, answer = asked_by(person, request), partial(view, request, *args, **kwargs)
            return once(asked, answer, not request.FILES, partial(server_error, request))
        except DomainError as no:
            shape, headers = refusal(no)
            return JsonResponse(shape, status=no.status, headers=headers)


def _is_covered(request: HttpRequest, view: Any) -> bool:
    found = getattr(view, "cls", None)
    by_itself = getattr(found, "keyed_by_itself", False)
    return found is not None and not by_itself and request.path.startswith(COVERED)


def _person(request: HttpRequest, view: Any) -> int | None:
    asked = Request(request, authenticators=view.cls().get_authenticators())
    try:
        return asked.user.pk
    except (APIException, DomainError):
        return None


def idempotent(handler: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For a method of an APIView: with an Idempotency-Key it is done once.

    KeyNotPlain, KeyReused and StillRunning pass the view's own exception handler.
    """

    @wraps(handler)
    def keyed(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if HEADER not in request.headers:
            return handler(view, request, *args, **kwargs)

        def answer() -> HttpResponse:
            try:
                said = handler(view, request, *args, **kwargs)
            except Exception as error:
                said = view.handle_exception(error)  # raises what is a fault
            return view.finalize_response(request, said, *args, **kwargs)

        plain = request._request
        asked = asked_by(request.user.pk, plain, space=_space(request.auth))
        return once(asked, answer, not plain.FILES)

    return keyed


def _space(auth: Any) -> str:
    """Each app has keys of its own; those of a person's own API keys are shared."""
    return str(getattr(auth, "authorization_id", None) or "")

"""JSON nested deeper than Python reads is refused like whatever else is no JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin
from rest_framework import parsers
from rest_framework.exceptions import ParseError

from sora_social.faults import bad_request

SIGN_IN = "/_allauth/"


class JSONParser(parsers.JSONParser):
    """The framework's own, which lets a body that is nested too deeply through as a fault."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error


class SignInBodiesMiddleware(MiddlewareMixin):
    """allauth reads its bodies itself, and has no place for a parser of ours."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        unread = isinstance(error, RecursionError) and request.path.startswith(SIGN_IN)
        return bad_request(request, error) if unread else None

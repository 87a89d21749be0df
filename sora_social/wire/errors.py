"""What is refused under `/v1`, and every rule of ours in the words of its clients."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from sora_social.errors import DomainError
from sora_social.wire.shape import shape

# Clients repeat a 409 and do not know 402, 410, 422 as what they are here.
STATUSES = {402: 429, 409: 400, 410: 400, 422: 400}
AS_THEY_ARE = frozenset({"still_running", "idempotency_key_reused"})  # asked for by a header
CODES = {
    "not_enough_credits": "insufficient_quota",
    "too_many_jobs": "rate_limit_exceeded",
    "throttled": "rate_limit_exceeded",
    "not_authenticated": "invalid_api_key",
    "authentication_failed": "invalid_api_key",
    "unsupported": "invalid_value",
    "wish_refused": "invalid_value",
    "upload_refused": "invalid_value",
}
OF_A_FIELD = {
    "required": "missing_required_parameter",
    "null": "invalid_type",
    "invalid": "invalid_type",
    "not_a_list": "invalid_type",
    "blank": "empty_string",
    "empty": "empty_array",
    "max_length": "string_above_max_length",
}
PARAMS = {  # of a field of ours
    "width": "size",
    "height": "size",
    "frames": "seconds",
    "clip": "video",
    "source": "video",
    "first_frame": "input_reference",
}


class WireError(DomainError):
    """A request that cannot be taken. Facts: `code`, `message`, and `param` where it is one's."""

    def __init__(
        self, code: str, message: str, param: str | None = None, status: int = 400
    ) -> None:
        super().__init__(param=param)
        self.here = (status, code, message, param)


def missing(param: str) -> WireError:
    return WireError("missing_required_parameter", f"Missing required parameter: '{param}'.", param)


def not_found(param: str, named: str, status: int = 404) -> WireError:
    return WireError("not_found", f"No such {param}: '{named}'.", param, status)


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The exception handler of every view under `/v1`."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, WireError):
        said, headers = error.here, {}
    elif isinstance(error, DomainError):
        said, headers = _of_ours(error)
    elif isinstance(error, exceptions.APIException):
        said, headers = _of_the_framework(error)
    else:
        return None
    set_rollback()
    return Response(shape(*said), status=said[0], headers=headers)


def _of_ours(error: DomainError) -> tuple[tuple[int, str, str, str | None], dict[str, str]]:
    keeps = error.code in AS_THEY_ARE
    status = error.status if keeps else STATUSES.get(error.status, error.status)
    fields = error.fields()
    param = next(iter(fields), None)
    message = next(iter(fields.values()))[0] if error.rules and fields else error.message
    if possible := error.facts.get("possible"):
        message += f" Possible: {possible}."
    if (rule := error.facts.get("rule")) and not error.rules:
        cameo = error.facts.get("cameo")
        message += f" Rule: {rule}" + (f", of @{cameo}." if cameo else ".")
    wait = error.facts.get("retry_after")
    headers = {"Retry-After": str(wait)} if wait is not None else {}
    code = CODES.get(error.code, error.code)
    return (status, code, message, PARAMS.get(param, param) if param else None), headers


def _of_the_framework(
    error: exceptions.APIException,
) -> tuple[tuple[int, str, str, str | None], dict[str, str]]:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(error, exceptions.ValidationError):
        param, first = _first(error.detail)
        return (400, OF_A_FIELD.get(first.code, "invalid_value"), str(first), param), headers
    code = str(error.get_codes())
    return (error.status_code, CODES.get(code, code), str(error.detail), None), headers


def _first(detail: Any) -> tuple[str | None, exceptions.ErrorDetail]:
    """The first thing that is wrong, and the parameter it is wrong with."""
    name = None
    while not isinstance(detail, exceptions.ErrorDetail):
        if isinstance(detail, dict):
            key, detail = next(iter(detail.items()))
            name = name or (key if isinstance(key, str) and key != "non_field_errors" else None)
        else:
            detail = detail[0]
    return name, detail

"""Errors name the rule and carry facts; one shape reaches every client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import Http404

from sora_social.requests import request_id

if TYPE_CHECKING:  # errors are raised in children too, where no app is set up for DRF to load
    from rest_framework.exceptions import APIException
    from rest_framework.response import Response

WHOLE = ("non_field", "non_field_errors")  # what is said of the whole, not of a field


class DomainError(Exception):
    """A rule of ours said no: `status` for HTTP, `code` for machines, `message` for people."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"
    message: ClassVar[str] = "This cannot be done."
    field: ClassVar[str | None] = None
    rules: ClassVar[Mapping[str, str]] = {}  # what to say of the fact `rule`, instead of `message`

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.code, facts)

    def fields(self) -> dict[str, list[str]]:
        """Field errors: the field the rule speaks of, named by the class or by a fact."""
        name = self.facts.get("field", self.field)
        said = self.rules[self.facts["rule"]] if self.rules else self.message
        return {name: [said]} if name else {}


class NotFound(DomainError):
    status, code, message = 404, "not_found", "There is no such thing, or you may not see it."


class IllegalMove(DomainError):
    """A state machine's table does not know this move, or another move won the race."""

    status, code, message = 409, "illegal_move", "This is not possible in its present state."


def body(
    code: str,
    message: str,
    fields: dict[str, Any] | None = None,
    facts: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The one shape of an error: code, message, fields, facts, request_id."""
    return {
        "code": code,
        "message": message,
        "fields": fields or {},
        "facts": {name: _plain(fact) for name, fact in (facts or {}).items()},
        "request_id": request_id(),
    }


def refusal(no: DomainError) -> tuple[dict[str, Any], dict[str, str]]:
    """The body and the headers of its answer."""
    wait = no.facts.get("retry_after")
    headers = {"Retry-After": str(wait)} if wait is not None else {}
    return body(no.code, no.message, no.fields(), no.facts), headers


def _plain(fact: Any) -> Any:
    return fact if isinstance(fact, int | float | bool | list | dict | None) else str(fact)


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER: every error in the one shape."""
    from rest_framework import exceptions  # noqa: PLC0415 -- only a server answers
    from rest_framework.response import Response  # noqa: PLC0415
    from rest_framework.views import set_rollback  # noqa: PLC0415

    if isinstance(error, DomainError):
        set_rollback()
        shape, headers = refusal(error)
        return Response(shape, status=error.status, headers=headers)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        set_rollback()
        return _answer_framework(error)
    return None


def _answer_framework(error: APIException) -> Response:
    from rest_framework import exceptions  # noqa: PLC0415 -- only a server answers
    from rest_framework.response import Response  # noqa: PLC0415

    headers = _headers(error)
    if isinstance(error, exceptions.ValidationError):
        detail = error.detail if isinstance(error.detail, dict) else {"non_field": error.detail}
        shape = body("invalid", "Some fields are not right.", dict(_flat(detail)))
    elif isinstance(error, exceptions.NotFound):
        shape = body(NotFound.code, NotFound.message)
    else:
        shape = body(str(error.get_codes()), str(error.detail))
    return Response(shape, status=error.status_code, headers=headers)


def _flat(detail: Any, name: str = "") -> Iterator[tuple[str, list[str]]]:
    """What is wrong by the path of the field: `shots.1.prompt`."""
    if isinstance(detail, Mapping):
        for key, said in detail.items():
            path = [name] if name and key in WHOLE else [name, str(key)]
            yield from _flat(said, ".".join(filter(None, path)))
    elif all(isinstance(said, Mapping) for said in detail):
        for place, said in enumerate(detail):
            yield from _flat(said, f"{name}.{place}")
    else:
        yield name, [str(said) for said in detail]


def _headers(error: APIException) -> dict[str, str]:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return headers

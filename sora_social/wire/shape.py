"""The shapes of errors and of lists under `/v1/`, as clients of OpenAI's API read them."""

from __future__ import annotations

from typing import Any

PREFIX = "/v1/"
TYPES = {401: "invalid_request_error", 403: "permission_error", 429: "rate_limit_error"}


def shape(status: int, code: str | None, message: str, param: str | None = None) -> dict[str, Any]:
    """The body of an error answer."""
    kind = "server_error" if status >= 500 else TYPES.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def listed(items: list[dict[str, Any]], has_more: bool) -> dict[str, Any]:
    """A page of a list."""
    return {
        "object": "list",
        "data": items,
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
        "has_more": has_more,
    }

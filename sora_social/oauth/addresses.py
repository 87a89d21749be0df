"""Where an app may have people sent back to, and by which name we answer it."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from django.http import QueryDict

LOOPBACK = {"127.0.0.1", "::1"}  # any port is theirs (RFC 8252, 7.3)
LONGEST = 300
AUTHORITY = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)


class Asked(Protocol):
    """A request, Django's or DRF's."""

    def build_absolute_uri(self, location: str) -> str: ...


def is_fit(uri: str) -> bool:
    """https, or http on loopback; no fragment, no user, nothing that is read in two ways."""
    if len(uri) > LONGEST or not uri.isascii() or any(c <= " " or c in '\\"<>*' for c in uri):
        return False
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    if "#" in uri or not AUTHORITY.fullmatch(parts.netloc):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def is_among(uri: str, registered: list[str]) -> bool:
    """Letter by letter one of them; on loopback whatever the port."""
    return is_fit(uri) and _portless(uri) in {_portless(one) for one in registered}


def _portless(uri: str) -> SplitResult | str:
    parts = urlsplit(uri)
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return parts._replace(netloc=parts.hostname or "")
    return uri


def with_answer(uri: str, **said: str) -> str:
    """The address with what is said in its query, behind what it has there already."""
    parts = urlsplit(uri)
    query = "&".join(part for part in (parts.query, urlencode(said)) if part)
    return urlunsplit(parts._replace(query=query))


def source_of(uri: str) -> str:
    """How a content security policy names its host; of an IP address it knows 127.0.0.1 alone."""
    parts = urlsplit(uri)
    is_number = "[" in parts.netloc or (parts.hostname or "").replace(".", "").isdigit()
    if is_number and parts.hostname != "127.0.0.1":
        return f"{parts.scheme}:"
    return f"{parts.scheme}://{parts.netloc}"


def each_once(said: QueryDict) -> dict[str, str]:
    """A query or a form; what is there twice counts as nothing (RFC 6749, 3.1 and 3.2)."""
    return {name: values[0] if len(values) == 1 else "" for name, values in said.lists()}


def issuer_of(request: Asked) -> str:
    """What we call ourselves (RFC 8414): the address that we were asked at."""
    return request.build_absolute_uri("/").rstrip("/")

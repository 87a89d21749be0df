"""Every route of the resolver, with the methods it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("get", "post", "put", "patch", "delete")


class Route(NamedTuple):
    pattern: str  # as the resolver has it: api/v1/posts/<int:post>/
    name: str
    methods: tuple[str, ...]


def routes() -> list[Route]:
    return sorted(_walk(get_resolver(), ""))


def ours() -> list[Route]:
    """The routes of apps and phones; the console and health have tests of their own."""
    elsewhere = ("admin/", "healthz")
    return [route for route in routes() if not route.pattern.startswith(elsewhere)]


def _walk(resolver: URLResolver, before: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            found = ("get", "post") if "_allauth" in pattern else _methods(entry.callback)
            yield Route(pattern, entry.name or "", found)
        else:
            yield from _walk(entry, pattern)


def _methods(view: Any) -> tuple[str, ...]:
    found = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if actions := getattr(view, "actions", None):
        return tuple(method for method in METHODS if method in actions)
    if found is None:
        return ("get",)
    return tuple(method for method in METHODS if hasattr(found, method))

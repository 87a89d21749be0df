"""Cursor pages: signed, bounded, one shape."""

from __future__ import annotations

from typing import Any

from django.core import signing
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

LARGEST, USUAL = 50, 20


def size_of(request: Request, usual: int = USUAL, largest: int = LARGEST) -> int:
    """The `limit` asked for: a number from 1 to `largest`."""
    asked = request.query_params.get("limit", str(usual))
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:6]) <= largest):
        raise ValidationError({"limit": [f"A number from 1 to {largest}."]})
    return int(asked)


def cursor_of(request: Request, purpose: str) -> Any:
    """What an earlier page put into its `next`; None on the first page. Forged ones are refused."""
    token = request.query_params.get("cursor")
    if not token:
        return None
    try:
        return signing.loads(token, salt=f"cursor.{purpose}")
    except signing.BadSignature:
        raise ValidationError({"cursor": ["Not a cursor of this list."]}) from None


def next_cursor(position: Any, purpose: str) -> str:
    """Sign where the next page begins."""
    return signing.dumps(position, salt=f"cursor.{purpose}", compress=True)


def page(items: list[Any], cursor: str | None) -> dict[str, Any]:
    """The one shape of a list: items and the cursor of what follows, or null."""
    return {"items": items, "next": cursor}


def slice_by_pk(queryset: Any, request: Request, purpose: str) -> tuple[list[Any], str | None]:
    """Newest first by primary key (ids are time-ordered): the rows and the next cursor."""
    size, after = size_of(request), cursor_of(request, purpose)
    if after is not None:
        queryset = queryset.filter(pk__lt=after)
    rows = list(queryset.order_by("-pk")[: size + 1])
    more = len(rows) > size
    return rows[:size], next_cursor(str(rows[size - 1].pk), purpose) if more else None


def slice_in_order(queryset: Any, request: Request, purpose: str) -> tuple[list[Any], str | None]:
    """In the order of the queryset, where that is one of counts: the cursor is how many went
    before, so that what moves meanwhile may be met twice or not."""
    size, before = size_of(request), cursor_of(request, purpose) or 0
    rows = list(queryset[before : before + size + 1])
    more = len(rows) > size
    return rows[:size], next_cursor(before + size, purpose) if more else None

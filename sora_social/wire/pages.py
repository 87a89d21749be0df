"""Pages of the contract: newest first unless asked otherwise, from behind a named thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from sora_social.wire import ids
from sora_social.wire.bodies import Body
from sora_social.wire.errors import WireError
from sora_social.wire.shape import listed

USUAL = 20


def page(
    request: Request,
    mine: QuerySet[Any],
    kind: str,
    shown: Callable[[Any], dict[str, Any]],
    most: int = 100,
) -> dict[str, Any]:
    """A page of what is mine. `after` may be something of mine that was deleted meanwhile: ids
    are in the order of time. Raises WireError when it is somebody else's."""
    asked = Body(request.query_params.dict(), is_form=True)
    size = asked.whole("limit", most, USUAL) or 0
    order = asked.choice("order", ("asc", "desc"), "desc")
    rows = mine
    if (after := asked.get("after")) is not None:
        start = _after(mine, kind, after)
        rows = rows.filter(pk__gt=start) if order == "asc" else rows.filter(pk__lt=start)
    found = list(rows.order_by("pk" if order == "asc" else "-pk")[: size + 1])
    return listed([shown(row) for row in found[:size]], len(found) > size)


def _after(mine: QuerySet[Any], kind: str, named: str) -> Any:
    pk = ids.read(kind, named)
    others = mine.model._default_manager.filter(pk=pk) if pk else None
    if others is None or (others.exists() and not mine.filter(pk=pk).exists()):
        raise WireError("invalid_value", f"No such thing to begin behind: '{named[:80]}'.", "after")
    return pk

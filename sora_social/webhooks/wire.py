"""How the wire names endpoints and deliveries."""

from __future__ import annotations

from uuid import UUID

from sora_social.errors import NotFound
from sora_social.users.scopes import Scope
from sora_social.wire import ids, views

ENDPOINT, DELIVERY = "we_", "whd_"


class WireView(views.WireView):
    reads = writes = Scope.WEBHOOKS


def pk_of(wire_id: str, kind: str) -> UUID:
    """The row that `we_…` names. Raises NotFound for whatever does not look like one."""
    if (pk := ids.read(kind, wire_id)) is None:
        raise NotFound
    return pk

"""One socket per person. Apps call `tell`; only this module knows Channels.

A phone asks `POST /api/v1/socket-tickets/` for a ticket that opens one socket within 30 seconds,
and offers it as a subprotocol (`ticket.<value>`), never in the address, which logs keep.
"""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import cache

log = logging.getLogger(__name__)
TICKET_SECONDS = 30
LARGEST_MESSAGE = 4096
PROTOCOL = "sora.v1"
SIGNED_OUT = 4401


def tell(user_id: int, kind: str, **payload: Any) -> None:
    """Say something to every socket of a person. A broken layer is logged, never raised: what
    must not be lost is in the mailbox, and the job row is the truth."""
    message = {"type": "said", "kind": kind, "payload": payload}
    try:
        async_to_sync(get_channel_layer().group_send)(_group(user_id), message)
    except Exception:
        log.warning("could not tell %s of %s", user_id, kind, exc_info=True)


def ticket_for(user_id: int, device_id: str) -> str:
    """A ticket that opens one socket, once, within TICKET_SECONDS."""
    ticket = secrets.token_urlsafe(32)
    cache.set(f"ticket:{ticket}", [user_id, device_id], TICKET_SECONDS)
    return ticket


def _take(ticket: str) -> tuple[int, str] | None:
    """Who holds the ticket; of two takers one gets it."""
    held = cache.get(f"ticket:{ticket}")
    if held is None or not cache.add(f"ticket-taken:{ticket}", 1, 2 * TICKET_SECONDS):
        return None
    cache.delete(f"ticket:{ticket}")
    return held[0], held[1]


def _group(user_id: int) -> str:
    return f"person.{user_id}"


class PersonSocket(AsyncWebsocketConsumer):
    """Tells what `tell` says; hears only pings."""

    user_id: int | None = None
    device_id = ""

    async def connect(self) -> None:
        offered = self.scope.get("subprotocols", [])
        ticket = next((p.removeprefix("ticket.") for p in offered if p.startswith("ticket.")), "")
        held = await database_sync_to_async(_take)(ticket) if ticket and self._own_site() else None
        if held is None:
            await self.close(SIGNED_OUT)
            return
        self.user_id, self.device_id = held
        await self.channel_layer.group_add(_group(self.user_id), self.channel_name)
        await self.accept(PROTOCOL if PROTOCOL in offered else None)
        await self.send(json.dumps({"kind": "hello", "payload": {}}))

    def _own_site(self) -> bool:
        """Browsers name the page's origin: our own host, or a listed one. Apps name none."""
        headers = dict(self.scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        return not origin or urlsplit(origin).netloc == host or origin in settings.SOCKET_ORIGINS

    async def disconnect(self, code: int) -> None:
        if self.user_id is not None:
            await self.channel_layer.group_discard(_group(self.user_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if bytes_data or len(text_data or "") > LARGEST_MESSAGE:
            await self.close(1009)
        elif text_data == "ping":
            await self.send(json.dumps({"kind": "pong", "payload": {}}))

    async def said(self, event: dict[str, Any]) -> None:
        kind, payload = event["kind"], event["payload"]
        if kind != "signed_out":
            await self.send(json.dumps({"kind": kind, "payload": payload}))
        elif payload.get("device") in {None, self.device_id}:
            await self.close(SIGNED_OUT)

"""A socket's other end, spoken in plain ASGI."""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter
from django.urls import path

from sora_social.realtime import PersonSocket

SOCKETS = URLRouter([path("ws/", PersonSocket.as_asgi())])


def in_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """An async test as pytest calls one."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async_to_sync(test)(*args, **kwargs)

    return run


class Socket(ApplicationCommunicator):
    def __init__(self, *protocols: str, origin: str | None = None) -> None:
        headers = [(b"host", b"sora.test")] + ([(b"origin", origin.encode())] if origin else [])
        scope = {"type": "websocket", "path": "/ws/", "headers": headers, "query_string": b""}
        super().__init__(SOCKETS, scope | {"subprotocols": list(protocols)})

    async def knock(self) -> dict[str, Any]:
        """The server's first answer: accept with a subprotocol, or close with a code."""
        await self.send_input({"type": "websocket.connect"})
        return await self.receive_output(5)

    async def say(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def hear(self) -> dict[str, Any]:
        said = await self.receive_output(5)
        return json.loads(said["text"]) if said["type"] == "websocket.send" else said

    async def leave(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)

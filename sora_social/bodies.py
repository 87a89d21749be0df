"""Bodies are bounded while they come in, before anything of them is kept (ASGI)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from io import SEEK_END
from typing import IO, Any

from django.core.handlers.asgi import ASGIRequest

from sora_social.errors import body as our_shape
from sora_social.ids import uuid7
from sora_social.uploads import CLIP
from sora_social.wire.shape import PREFIX, shape

ROOM = 1 << 20  # bytes of a form that are not its file
MOST = CLIP.bytes + ROOM
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
CODE, SAID = "request_too_large", "The body is too large."


class TooLarge(Exception):
    """More has come than may."""


class MeasuredRequest(ASGIRequest):
    """A request whose body came in pieces says its length all the same: Django reads no form
    without one, and Node's clients send files so."""

    def __init__(self, scope: Message, body_file: IO[bytes]) -> None:
        super().__init__(scope, body_file)
        if "CONTENT_LENGTH" not in self.META:
            self.META["CONTENT_LENGTH"] = str(body_file.seek(0, SEEK_END))
            body_file.seek(0)


class BoundedBodies:
    """An ASGI app whose requests bring `most` bytes at the most; the rest is a 413.

    Said beforehand, not a byte is read; told in pieces, it ends with the piece too much.
    """

    def __init__(self, app: App, most: int = MOST) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _declared(scope) > self.most:
            await _refuse(scope, send, self.most)
        else:
            try:
                await self.app(scope, self._counted(receive), send)
            except TooLarge:  # Django reads all of a body before it answers anything
                await _refuse(scope, send, self.most)

    def _counted(self, receive: Receive) -> Receive:
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self.most:
                raise TooLarge
            return message

        return counted


def _declared(scope: Message) -> int:
    found = dict(scope["headers"]).get(b"content-length", b"0")
    return int(found) if found.isdigit() else 0


async def _refuse(scope: Message, send: Send, most: int) -> None:
    wired = scope["path"].startswith(PREFIX)
    facts = {"field": "body", "at_most": most}
    ours = our_shape(CODE, SAID, {"body": [f"At most {most} bytes."]}, facts)
    said = json.dumps(shape(413, CODE, SAID) if wired else ours).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(said)).encode()),
        (b"connection", b"close"),
        (b"x-request-id", uuid7().hex.encode()),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": said})

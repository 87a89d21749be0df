"""Bodies are bounded while they come in."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from asgiref.sync import async_to_sync

from sora_social.bodies import BoundedBodies, MeasuredRequest

MOST, PIECE = 1000, b"x" * 300


class Server:
    """A client that sends a body in pieces, and what came of it."""

    def __init__(
        self, pieces: int, declared: bytes | None = None, path: str = "/v1/videos"
    ) -> None:
        self.left, self.sent, self.read = pieces, [], 0
        headers = [(b"content-length", declared)] if declared is not None else []
        self.scope = {"type": "http", "path": path, "headers": headers}

    async def receive(self):
        self.left -= 1
        self.read += len(PIECE)
        return {"type": "http.request", "body": PIECE, "more_body": self.left > 0}

    async def send(self, message):
        self.sent.append(message)

    def ask(self) -> int:
        async_to_sync(BoundedBodies(swallow, MOST))(self.scope, self.receive, self.send)
        return self.sent[0]["status"]


async def swallow(scope, receive, send):
    """Read all there is before answering, as Django does."""
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})


def test_what_fits_goes_through():
    server = Server(3, b"900")
    assert (server.ask(), server.read) == (200, 900)


def test_two_gigabytes_are_refused_before_a_byte_is_read():
    server = Server(10**6, b"2147483648")
    assert (server.ask(), server.read) == (413, 0)


def test_what_does_not_say_how_much_it_is_ends_with_the_piece_too_much():
    server = Server(10**6)
    assert (server.ask(), server.read) == (413, 1200)


@pytest.mark.parametrize(("path", "key"), [("/v1/files", "error"), ("/api/v1/jobs/", "code")])
def test_the_refusal_is_in_the_shape_of_whoever_asks(path, key):
    server = Server(1, b"5000", path)
    server.ask()
    assert key in json.loads(server.sent[1]["body"])
    assert dict(server.sent[0]["headers"])[b"x-request-id"]


def test_our_refusal_names_the_limit():
    server = Server(1, b"5000", "/api/v1/verify/")
    assert server.ask() == 413
    said = json.loads(server.sent[1]["body"])
    assert said["facts"] == {"field": "body", "at_most": MOST}
    assert said["fields"] == {"body": ["At most 1000 bytes."]}


def test_a_form_that_came_in_pieces_is_read():
    kind = (b"content-type", b"multipart/form-data; boundary=x")
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [kind]}
    form = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nMomo\r\n--x--\r\n'
    assert MeasuredRequest(scope, BytesIO(form)).POST.dict() == {"name": "Momo"}

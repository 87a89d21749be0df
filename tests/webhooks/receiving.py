"""Real servers on this machine that take webhooks, and one's own reading of Standard Webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

Behaviour = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


class Taken(NamedTuple):
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Takes each request whole, then does as `behaviour` says; answers 200 of itself."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or answering(200)
        self.taken: list[Taken] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self.ended = threading.Event()

    def run(self, tls: ssl.SSLContext | None) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self.server.accept()
                self._serve(tls.wrap_socket(connection, server_side=True) if tls else connection)
            except OSError:
                continue

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            line, headers = reader.readline().decode().strip(), {}
            while (header := reader.readline().decode().strip()) != "":
                name, _, value = header.partition(": ")
                headers[name.lower()] = value
            body = reader.read(int(headers.get("content-length", 0)))
            self.taken.append(Taken(line, headers, body))
            self.behaviour(connection)


@contextmanager
def receiving(
    behaviour: Behaviour | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    receiver = Receiver(behaviour)
    serving = threading.Thread(target=receiver.run, args=[tls], daemon=True)
    serving.start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        receiver.server.shutdown(socket.SHUT_RDWR)
        receiver.server.close()
        serving.join(5)


def answering(status: int, *headers: str, body: bytes = b"") -> Behaviour:
    head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda connection: connection.sendall("\r\n".join(head).encode() + body)


def dripping(connection: socket.socket) -> None:
    """An answer that never ends, one byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


def flooding(connection: socket.socket) -> None:
    """A head that is larger than anybody wants to read."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(1000):
        connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")


def is_signed(taken: Taken, secret: str) -> bool:
    """Whether one of the signatures is right, read from the specification alone."""
    key = base64.b64decode(secret.split("_", 1)[1])
    head = taken.headers
    signed = b".".join(
        [head["webhook-id"].encode(), head["webhook-timestamp"].encode(), taken.body]
    )
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(head["webhook-timestamp"])) < 300
    return fresh and f"v1,{right}" in head["webhook-signature"].split(" ")

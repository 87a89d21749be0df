"""One POST to a stranger's server: to the address that was judged, small, and soon over.

No redirect is followed and no proxy asked. Of the answer only the head is read, and of that no
more than ANSWER bytes: the status is all that counts.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from sora_social.webhooks.addresses import NotFound, Target, judged, target_of
from sora_social.webhooks.errors import UrlRefused

CONNECT = 5.0  # seconds for one connection with its TLS
TOTAL = 10.0  # seconds for everything after the name is looked up
ANSWER = 8192  # bytes of the answer


class Answer(NamedTuple):
    """What came of a POST: a status, or none and an error."""

    status: int | None
    milliseconds: int
    error: str = ""

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post a body; it never raises: every failure is an answer with its error's name."""
    begun = time.monotonic()
    status, error = _posted(url, body, headers)
    return Answer(status, int((time.monotonic() - begun) * 1000), error)


def _posted(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int | None, str]:
    try:
        target = target_of(url)
        status = _exchange(target, judged(target), body, headers)
    except UrlRefused as refused:
        return None, f"refused_{refused.facts['rule']}"
    except NotFound:
        return None, "name_not_found"
    except TimeoutError:
        return None, "timeout"
    except ssl.SSLError:
        return None, "tls"
    except _TooMuch:
        return None, "answer_too_large"
    except OSError:
        return None, "connection"
    except (http.client.HTTPException, ValueError):
        return None, "not_http"
    if 300 <= status < 400:
        return status, "redirect"
    return status, "" if 200 <= status < 300 else "status"


def _exchange(target: Target, addresses: list[str], body: bytes, headers: Mapping[str, str]) -> int:
    end = time.monotonic() + TOTAL
    with _connected(target, addresses, end) as connection:
        connection.sendall(_head(target, len(body), headers) + body)
        answer = http.client.HTTPResponse(_Bounded(connection, end), method="POST")  # type: ignore[arg-type]
        answer.begin()
        return answer.status


def _connected(target: Target, addresses: list[str], end: float) -> socket.socket:
    """The first of the addresses that answers; TLS speaks of the name, not of the address."""
    last: OSError = NotFound(target.host)
    for address in addresses:
        try:
            return _connect(target, address, end)
        except OSError as error:
            last = error
    raise last


def _connect(target: Target, address: str, end: float) -> socket.socket:
    bare = socket.create_connection((address, target.port), timeout=min(CONNECT, _left(end)))
    if not target.secure:
        return bare
    try:
        return trusted().wrap_socket(bare, server_hostname=target.host)
    except BaseException:
        bare.close()
        raise


@cache
def trusted() -> ssl.SSLContext:
    """The machine's certificate authorities, read once."""
    return ssl.create_default_context()


def _left(end: float) -> float:
    """Seconds until the end. Raises TimeoutError when there are none."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _head(target: Target, length: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}", "Connection: close"]
    lines += [f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


class _TooMuch(Exception):
    pass


class _Bounded(io.RawIOBase):
    """What http.client reads an answer from: until the end and ANSWER bytes, no further."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self.connection, self.end, self.room = connection, end, ANSWER

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, 1024)

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        if self.room <= 0:
            raise _TooMuch
        self.connection.settimeout(_left(self.end))
        got = self.connection.recv_into(into, min(len(into), self.room))
        self.room -= got
        return got

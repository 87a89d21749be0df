"""Where a webhook may go: public addresses of the internet, on the ports of HTTPS.

A name is looked up once, every address it has is judged, and the one judged is the one that is
connected to: a name that answers something else a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from sora_social.webhooks.errors import UrlRefused

PORTS = {443, 8443}
LONGEST = 2048  # characters of an address
LOOKING_UP = 3.0  # seconds for a name
GLOBAL_V6 = IPv6Network("2000::/3")
MAPPED = IPv6Network("::ffff:0:0/96")
NAT64 = IPv6Network("64:ff9b::/96")
SIX_TO_FOUR = IPv6Network("2002::/16")
# public by the registry, and yet never somebody's receiver: 6to4 relays, a cloud's own services
NOBODYS = (IPv4Network("192.88.99.0/24"), IPv4Network("168.63.129.16/32"))
Address = IPv4Address | IPv6Address


class NotFound(OSError):
    """The name has no address, or nobody said so in time."""


class Target(NamedTuple):
    """A URL taken apart; `path` holds the query too."""

    secure: bool
    host: str  # as DNS and TLS know it, without brackets
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the header Host says."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"


def target_of(url: str) -> Target:
    """Take a URL apart. Raises UrlRefused."""
    if len(url) > LONGEST or not url.isascii() or any(c <= " " or c in '\\"<>\x7f' for c in url):
        raise UrlRefused(rule="form")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise UrlRefused(rule="form") from None
    if parts.scheme not in ({"https", "http"} if settings.WEBHOOKS_ALLOW_LOOPBACK else {"https"}):
        raise UrlRefused(rule="scheme")
    if "@" in parts.netloc:
        raise UrlRefused(rule="userinfo")
    if not _is_host(host):
        raise UrlRefused(rule="form")
    secure = parts.scheme == "https"
    query = f"?{parts.query}" if parts.query else ""
    target = Target(secure, host, port or (443 if secure else 80), (parts.path or "/") + query)
    if target.port not in PORTS and not settings.WEBHOOKS_ALLOW_LOOPBACK:
        raise UrlRefused(rule="port")
    return target


def _is_host(host: str) -> bool:
    if ":" in host:  # %: a zone names an interface of ours
        return "%" not in host and _parsed(host) is not None
    labels = host.split(".")
    fits = all(0 < len(label) < 64 and label.replace("-", "a").isalnum() for label in labels)
    return fits and len(host) < 254


def _parsed(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def judged(target: Target) -> list[str]:
    """The addresses of a target, in the resolver's order. Raises UrlRefused if any of them is not
    to be reached, NotFound if there is none."""
    found = [ipaddress.ip_address(one) for one in _looked_up(target)]
    if not found:
        raise NotFound(target.host)
    if not all(_may_reach(address, target) for address in found):
        raise UrlRefused(rule="private")
    return [str(address) for address in found]


def _may_reach(address: Address, target: Target) -> bool:
    if settings.WEBHOOKS_ALLOW_LOOPBACK and address.is_loopback:
        return True
    return target.secure and target.port in PORTS and is_public(address)


def is_public(address: Address) -> bool:
    """Whether an address is somebody's on the internet, also when an IPv4 address is in it."""
    if isinstance(address, IPv6Address):
        if address in MAPPED or address in NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        return address in GLOBAL_V6 and address not in SIX_TO_FOUR and address.is_global
    special = address.is_multicast or any(address in network for network in NOBODYS)
    return address.is_global and not special


def _looked_up(target: Target) -> list[str]:
    """Ask the resolver in a thread: it knows no time limit of its own. Raises NotFound."""
    answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    asking = threading.Thread(target=_ask, args=(target, answers), daemon=True)
    asking.start()
    try:
        return answers.get(timeout=LOOKING_UP)
    except queue.Empty:
        raise NotFound(target.host) from None


def _ask(target: Target, answers: queue.SimpleQueue[list[str]]) -> None:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        answers.put([str(entry[4][0]) for entry in found])
    except (OSError, UnicodeError):
        answers.put([])

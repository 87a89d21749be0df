"""How long after a revocation anything with the likeness in it is still shown, on every surface.

Ten thousand posts with one cameo among a hundred thousand, on PostgreSQL and over HTTP: the owner
takes the likeness back for good while every surface is asked again and again, all at once.
`DATABASE_URL` names a server; a database of its own is made there and dropped in the end.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.database import own_database
from bench.output import write
from demo.server import ROOT, free_port

if TYPE_CHECKING:
    import httpx

    from cameos.models import Cameo

PEOPLE, FOLLOWED, POSTS, AFFECTED = 2_000, 865, 100_000, 10_000
PAGES = 10  # asked for until one shows it, to begin with
PATIENCE = 30  # seconds until everything must be dark
Dark = Callable[[], bool]


class Bounds(NamedTuple):
    """Between these two a surface went dark, in seconds from the sending of the revocation."""

    lit: float  # the last answer that showed it
    dark: float  # the first that did not


def main() -> None:
    os.environ["CELERY_BROKER_URL"] = "amqp://127.0.0.1:1//"  # a web process with no worker in it
    os.environ["RATE_LIMIT"] = "100000/min"  # everything is asked all the time
    with own_database("dark"):
        from bench import crowd  # noqa: PLC0415 -- models load after the set-up

        viewer = crowd.fill(PEOPLE, POSTS, {"viewer": FOLLOWED})[0]
        with _serving() as address:
            took = _take_back(address, viewer)
    slowest = max(took, key=lambda name: took[name].dark)
    write({
        "dark_s": took[slowest].dark,
        "slowest": slowest,
        "last_shown_s": max(bounds.lit for bounds in took.values()),
        "surfaces_s": {name: bounds._asdict() for name, bounds in took.items()},
        "posts_with_it": AFFECTED,
    })  # fmt: skip


@contextmanager
def _serving() -> Iterator[str]:
    """A web process of its own, on this very database."""
    port = free_port()
    command = [*(sys.executable, "-m", "uvicorn", "sora_social.asgi:application")]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "critical"]
    server = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert server.poll() is None, "the server ended"
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _take_back(address: str, viewer: Any) -> dict[str, Bounds]:
    """Between which moments each surface went dark."""
    from websockets.sync.client import connect  # noqa: PLC0415

    from bench.lent import lend  # noqa: PLC0415 -- after the set-up
    from sora_social.users.models import User  # noqa: PLC0415

    lent = lend(viewer, AFFECTED)
    seen = Surfaces(_client(address, viewer), _client(address, lent.cameo.owner), lent)
    lit = seen.lit()
    author = _client(address, User.objects.get(pk=lent.job.author_id))
    ticket = author.post("socket-tickets/").json()["ticket"]
    with connect(f"ws://{address}/ws/", subprotocols=[f"ticket.{ticket}"]) as phone:
        phone.recv()
        heard: list[float] = []
        listening = threading.Thread(
            target=lambda: (phone.recv(), heard.append(time.perf_counter()))
        )
        listening.start()
        began = time.perf_counter()
        revoking = threading.Thread(target=_revoke, args=(seen.owner, lent.cameo))
        revoking.start()
        took = _watch(lit, began)
        revoking.join()
        listening.join(PATIENCE)
    return took | {"socket": Bounds(0.0, heard[0] - began)}


def _watch(lit: dict[str, Dark], began: float) -> dict[str, Bounds]:
    """Ask every surface again and again until it is dark, all of them at once."""
    with ThreadPoolExecutor(len(lit)) as clients:
        found = clients.map(partial(_until_dark, began), lit.values())
        return dict(zip(lit, found, strict=True))


def _until_dark(began: float, is_dark: Dark) -> Bounds:
    shown = 0.0
    while not is_dark():
        shown = time.perf_counter() - began
        assert shown < PATIENCE
    return Bounds(shown, time.perf_counter() - began)


def _revoke(owner: httpx.Client, cameo: Cameo) -> None:
    wish = {"choice": "revoke", "confirm": cameo.handle}
    owner.post(f"cameos/{cameo.pk}/taking-back/", json=wish).raise_for_status()


def _client(address: str, person: Any) -> httpx.Client:
    import httpx  # noqa: PLC0415

    from sora_social.users.tokens import issue  # noqa: PLC0415

    headers = {"Authorization": f"Bearer {issue(person)[1]}"}
    return httpx.Client(base_url=f"http://{address}/api/v1/", headers=headers, timeout=PATIENCE)


class Surfaces:
    """Everything that shows the cameo or a video with it."""

    def __init__(self, viewer: httpx.Client, owner: httpx.Client, lent: Any) -> None:
        self.viewer, self.owner, self.lent = viewer, owner, lent
        media = viewer.get(f"posts/{lent.post}/").json()["media"]
        self.media = {name: str(viewer.base_url.join(path)) for name, path in media.items()}

    def lit(self) -> dict[str, Dark]:
        """What to ask of each surface; every one of them shows it now."""
        post, handle = self.lent.post, self.lent.cameo.handle
        asked: dict[str, Dark] = {
            "home": self._listed("feed/home/"),
            "latest": self._listed("feed/latest/"),
            "following": self._listed("feed/following/"),
            "profile": self._listed(f"people/{self.lent.author}/posts/"),
            "remixes": self._listed(f"posts/{self.lent.parent}/remixes/"),
            "remix tree": self._in_tree(f"posts/{self.lent.parent}/tree/"),
            "post": self._gone(f"posts/{post}/"),
            **{name: self._gone(self.media[name]) for name in ("video", "poster", "preview")},
            "inbox": lambda: not any(o["media"] for o in self._items("me/likeness-uses/", "owner")),
            "search": lambda: self._items(f"cameos/search/?q={handle}") == [],
            "usable": lambda: handle not in {c["handle"] for c in self._items("cameos/usable/")},
        }
        for name, dark in asked.items():
            shown = any(not dark() for _ in range(PAGES))  # home is another one each time
            assert shown, f"{name} shows nothing of it to begin with"
        return asked

    def _items(self, path: str, who: str = "viewer") -> list[dict[str, Any]]:
        answer = getattr(self, who).get(path)
        assert answer.status_code in (200, 404), answer.text
        found: list[dict[str, Any]] = answer.json().get("items", [])
        return found

    def _listed(self, path: str) -> Dark:
        return lambda: (
            not any(int(i["id"]) in self.lent.posts for i in self._items(path) if "id" in i)
        )

    def _in_tree(self, path: str) -> Dark:
        return lambda: (
            not any(
                int(node["post"]["id"]) in self.lent.posts
                for node in self._items(path)
                if node["post"]
            )
        )

    def _gone(self, path: str) -> Dark:
        return lambda: self.viewer.get(path).status_code == 404


if __name__ == "__main__":
    main()

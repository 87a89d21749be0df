"""A phone: one person's HTTP session and socket."""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

Event = dict[str, Any]


class Refused(Exception):
    """The server said no: `status` and the error's body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status, self.body = status, body
        super().__init__(f"{status} {body.get('code')}: {body.get('message')} {body.get('fields')}")


class Phone:
    """What an app does, no more: it knows the published API and nothing of the server."""

    def __init__(self, base: str, handle: str) -> None:
        self.base, self.handle = base, handle
        self.http = httpx.Client(base_url=base, timeout=60)
        self.heard: queue.Queue[Event] = queue.Queue()

    # --- coming in ---
    def sign_up(self, password: str, invite: str, birthdate: str) -> None:
        person = {"username": self.handle, "password": password}
        self._enter("signup", person | {"invite": invite, "birthdate": birthdate})

    def sign_in(self, password: str) -> None:
        self._enter("login", {"username": self.handle, "password": password})

    def _enter(self, how: str, body: dict[str, str]) -> None:
        answer = self.http.post(f"/_allauth/app/v1/auth/{how}", json=body)
        if answer.status_code != 200:
            raise Refused(answer.status_code, {"message": answer.text})
        self.http.headers["Authorization"] = f"Bearer {answer.json()['meta']['access_token']}"

    # --- asking ---
    def get(self, path: str, **query: Any) -> Any:
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self._ask("POST", path, json=body, **more)

    def patch(self, path: str, body: Any) -> Any:
        return self._ask("PATCH", path, json=body)

    def put(self, path: str) -> Any:
        return self._ask("PUT", path)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path)

    def submit(self, path: str, wish: dict[str, Any]) -> Any:
        """A job, under a key that makes a repeated request harmless."""
        return self.post(path, wish, headers={"Idempotency-Key": str(uuid.uuid4())})

    def upload(self, path: str, fields: dict[str, str], clip: Path) -> Any:
        with clip.open("rb") as file:
            return self._ask("POST", path, data=fields, files={"clip": (clip.name, file)})

    def download(self, url: str, to: Path) -> Path:
        answer = self.http.get(url)
        answer.raise_for_status()
        to.write_bytes(answer.content)
        return to

    def status_of(self, url: str) -> int:
        return self.http.get(url).status_code

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        answer = self.http.request(method, f"/api/v1/{path}", **more)
        if answer.is_error:
            raise Refused(answer.status_code, _json(answer))
        return answer.json() if answer.content else None

    # --- hearing ---
    def listen(self) -> None:
        """Open the socket and keep what is said until somebody waits for it."""
        ticket = self.post("socket-tickets/")["ticket"]
        address = self.base.replace("http", "ws", 1) + "/ws/"
        opened = connect(address, subprotocols=["sora.v1", f"ticket.{ticket}"])
        threading.Thread(target=self._keep, args=(opened,), daemon=True).start()
        self.wait("hello")

    def _keep(self, opened: Any) -> None:
        try:
            for message in opened:
                self.heard.put(json.loads(message) | {"at": time.monotonic()})
        except Exception as error:
            self.heard.put({"kind": "closed", "payload": {"why": repr(error)}})

    def events(self, seconds: float) -> Iterator[Event]:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                yield self.heard.get(timeout=left)
            except queue.Empty:
                return

    def wait(
        self, *kinds: str, seconds: float = 60, that: Callable[[Event], bool] = lambda _: True
    ) -> Event:
        """The next event of one of the kinds; what else is heard meanwhile is let go."""
        for event in self.events(seconds):
            if event["kind"] in kinds and that(event):
                return event
            if event["kind"] == "closed":
                raise ConnectionError(event["payload"]["why"])
        raise TimeoutError(f"@{self.handle} heard none of {kinds} within {seconds} s")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        return answer.json()
    except ValueError:
        return {"code": "not_json", "message": answer.text[:300]}

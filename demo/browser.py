"""A headless Chromium, driven over its own debugging socket: pages, keys, screenshots."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--remote-debugging-port=0", "--force-color-profile=srgb"),
)
WIDTH, HEIGHT = 1280, 1000
PATIENCE = 120  # seconds for the browser to start, and for anything that is waited for
NAMED = {"Enter": 13}  # keys that are no letter, and their codes


def find() -> str | None:
    """Where Chromium is, if it is here."""
    return shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def running(binary: str) -> Iterator[Page]:
    """A fresh browser with one page; it ends with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [binary, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            with connect(_page_at(Path(profile)), max_size=None) as socket:
                yield Page(socket)
        finally:
            process.kill()
            process.wait()


def _page_at(profile: Path) -> str:
    """The socket of the first page; the browser writes its port down once it listens."""
    told = profile / "DevToolsActivePort"
    port = _until(lambda: told.exists() and told.read_text().split("\n")[0])
    listed = f"http://127.0.0.1:{port}/json/list"

    def first() -> str | None:
        pages = [one for one in httpx.get(listed, timeout=PATIENCE).json() if one["type"] == "page"]
        return pages[0]["webSocketDebuggerUrl"] if pages else None

    return _until(first)


def _until(ask: Any) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := ask()):
        if time.monotonic() > deadline:
            raise TimeoutError("the browser keeps us waiting")
        time.sleep(0.05)
    return found


class Page:
    """One page of the browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._number = socket, 0
        self._call("Page.enable")
        self.on({"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False})

    def on(self, screen: dict[str, Any]) -> None:
        """A screen of another size, in the words of the debugging protocol."""
        self._call("Emulation.setDeviceMetricsOverride", **screen)

    def without_scripts(self) -> None:
        """The pages' own scripts do not run any more; what we run in them does."""
        self._call("Emulation.setScriptExecutionDisabled", value=True)

    def open(self, address: str) -> None:
        """Go there and wait until everything on it is loaded."""
        self.leave(f"location.assign({json.dumps(address)})")

    def leave(self, script: str) -> None:
        """Run what leads to another page, and wait until that is loaded."""
        self.run("window.left = true")
        self.run(script)
        self.arrive()

    def arrive(self) -> None:
        """Wait until a page other than the one that was `left` is loaded."""
        self.until("!window.left && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        sent = {"expression": script, "returnByValue": True, "userGesture": True}
        answer = self._call("Runtime.evaluate", **sent)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until the expression is true; a page on its way has none."""

        def ask() -> Any:
            try:
                return self.run(script)
            except RuntimeError:
                return None

        _until(ask)

    def text(self, selector: str = "body") -> str:
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def fill(self, **fields: str) -> None:
        """Write into the inputs of these names."""
        for name, value in fields.items():
            self.run(f"document.querySelector('[name={name}]').value = {json.dumps(value)}")

    def choose(self, selector: str, file: Path) -> None:
        """A file for an input, as people choose one."""
        page = self._call("DOM.getDocument")["root"]["nodeId"]
        found = self._call("DOM.querySelector", nodeId=page, selector=selector)
        self._call("DOM.setFileInputFiles", files=[str(file)], nodeId=found["nodeId"])

    def dark(self, is_dark: bool = True) -> None:
        """Whether people like it dark."""
        wish = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[wish])

    def press(self, key: str, *, leaves: bool = False) -> None:
        """A key, as fingers press it; `leaves`: it leads to another page."""
        if leaves:
            self.run("window.left = true")
        code = NAMED.get(key)
        typed = {"text": "\r" if code else key, "windowsVirtualKeyCode": code or ord(key.upper())}
        self._call("Input.dispatchKeyEvent", type="keyDown", key=key, **typed)
        self._call("Input.dispatchKeyEvent", type="keyUp", key=key)
        if leaves:
            self.arrive()

    def plug_in_a_security_key(self) -> None:
        """A virtual one, touched and proven whenever it is asked."""
        self._call("WebAuthn.enable")
        kind = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True}
        proven = {"isUserVerified": True, "automaticPresenceSimulation": True}
        self._call("WebAuthn.addVirtualAuthenticator", options=kind | proven)

    def photograph(self, out: Path, selector: str = "") -> Path:
        """What is on the screen, scrolled to the selector, as a PNG."""
        if selector:
            self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView()")
        taken = self._call("Page.captureScreenshot", format="png")
        out.write_bytes(base64.b64decode(taken["data"]))
        return out

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer["result"]

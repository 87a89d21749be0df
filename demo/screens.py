"""`make screens`: photographs of the pages in a real browser (Debian's chromium)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from demo import browser as chromium
from demo import server

PAGES = {"docs": "/api/docs/", "admin": "/admin/login/", "health": "/healthz"}
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--window-size=1280,1600", "--virtual-time-budget=8000"),
)


def main() -> int:
    browser = chromium.find()
    if browser is None:
        print("No chromium here: `apt-get install chromium` first.", file=sys.stderr)
        return 1
    out = server.ROOT / "var" / "screens"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        port = server.free_port()
        with server.running(Path(folder), port):
            for name, path in PAGES.items():
                print(_photograph(browser, f"http://127.0.0.1:{port}{path}", out / f"{name}.png"))
    return 0


def _photograph(browser: str, address: str, out: Path) -> Path:
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [browser, *FLAGS, f"--user-data-dir={profile}", f"--screenshot={out}", address],
            check=True, capture_output=True, timeout=90,
        )  # fmt: skip
    return out


if __name__ == "__main__":
    sys.exit(main())

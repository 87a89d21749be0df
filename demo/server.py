"""The real server as a child process on a folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90  # seconds until the server must answer
SERVICES = frozenset({"DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "MEDIA_STORAGE_URL"})
Environment = dict[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def without_services() -> Environment:
    """What this process was started with, but for the services it names."""
    return {name: value for name, value in os.environ.items() if name not in SERVICES}


def environment(data: Path) -> Environment:
    """Embedded defaults on this data folder, whatever services the shell may name."""
    # A clip of one's own was filmed beforehand: the demo draws challenges until one fits it.
    draws = {
        "CAPTURE_DRAWS": os.environ.get("CAPTURE_DRAWS", "10000"),
        "RATE_LIMIT": os.environ.get("RATE_LIMIT", "100000/min"),
    }
    settings = {"DATA": str(data), "DJANGO_SETTINGS_MODULE": "sora_social.settings"}
    return without_services() | draws | settings


def manage(data: Path, *command: str, env: Environment | None = None) -> str:
    """Run a management command on the data folder; what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT, env=env or environment(data), check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


@contextmanager
def running(
    data: Path, port: int, env: Environment | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The server, migrated and answering; it ends with the block. Its log is data/server.log."""
    data.mkdir(parents=True, exist_ok=True)
    manage(data, "migrate", "--verbosity", "0", env=env)
    with (data / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "uvicorn", "sora_social.asgi:application"),
                *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
            ],
            cwd=ROOT, env=env or environment(data), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _await(process, port, data)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _await(process: subprocess.Popen[bytes], port: int, data: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"The server did not start:\n{(data / 'server.log').read_text()[-4000:]}")

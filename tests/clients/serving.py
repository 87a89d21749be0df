"""The real server for real clients: embedded, or on the services that the environment names."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import psycopg

from demo import server
from tests.chaos.running import gone_at_the_end, start

SETTINGS = {
    "POLL_AFTER_MS": "300",
    "FREE_DAILY_CREDITS": "1000",
    "JOBS_AT_ONCE": "50",
    "JOB_DEADLINE_MINUTES": "10",  # a client that waits for a job does not wait for ever
    "WEBHOOKS_ALLOW_LOOPBACK": "1",
}
WORKER = ("celery", "-A", "sora_social", "worker", "--pool=threads", "-c", "1", "-n")  # and a name


class Server(NamedTuple):
    base: str
    data: Path
    env: server.Environment

    @property
    def wire(self) -> str:
        """What a client of OpenAI's API is given as its base."""
        return f"{self.base}/v1"

    def token(self, handle: str) -> str:
        """The device token of somebody who joins by an invite."""
        joining = {
            "username": handle,
            "password": secrets.token_urlsafe(12),
            "invite": server.manage(self.data, "invite", env=self.env).split()[-1],
            "birthdate": "1990-05-17",
        }
        joined = httpx.post(f"{self.base}/_allauth/app/v1/auth/signup", json=joining, timeout=60)
        return str(joined.raise_for_status().json()["meta"]["access_token"])

    def key(self, handle: str) -> str:
        """The key that the operator makes for somebody who joins."""
        self.token(handle)
        return server.manage(self.data, "apikey", handle, env=self.env).splitlines()[-1]


@contextmanager
def serving(data: Path) -> Iterator[Server]:
    """A fresh server; nothing may go wrong in it unseen."""
    port, log = server.free_port(), data / "server.log"
    with ExitStack() as stack:
        env = server.environment(data) | SETTINGS
        if named := os.environ.get("DATABASE_URL"):
            env = stack.enter_context(_on_services(data, named))
        stack.enter_context(server.running(data, port, env))
        if named:
            worker = start(env, log, *WORKER, f"{env['NAMESPACE']}@%h")
            stack.enter_context(gone_at_the_end(worker, start(env, log, "manage", "sweep")))
        yield Server(f"http://127.0.0.1:{port}", data, env)
    assert "Traceback" not in log.read_text()


@contextmanager
def _on_services(data: Path, named: str) -> Iterator[server.Environment]:
    """With a database, a queue and a cache of its own."""
    name = f"clients_{secrets.token_hex(4)}"
    with psycopg.connect(named, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
        own = {"DATABASE_URL": f"{named.rpartition('/')[0]}/{name}", "NAMESPACE": name}
        yield os.environ | SETTINGS | own | {"DATA": str(data), "DATABASE_POOL": "1"}
        link.execute(f"DROP DATABASE {name} WITH (FORCE)")

"""`make run`: the same server, left up, with demo data. PORT and DATA choose where."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from demo import server
from demo.story import Story
from demo.telling import Teller


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the server ends with us
    port = int(os.environ.get("PORT") or 8000)
    data = Path(os.environ.get("DATA") or server.ROOT / "var" / "run").resolve()
    with server.running(data, port) as process:
        base = f"http://127.0.0.1:{port}"
        print(f"The server answers at {base}/healthz", flush=True)
        password = _furnished(data, base)
        _welcome(base, password, (data / "demo-moderator").read_text(), data)
        return _stay(process)


def _furnished(data: Path, base: str) -> str:
    """The demo people's password; on a fresh data folder the story is told first."""
    kept = data / "demo-password"
    if kept.exists():
        return kept.read_text()
    password = secrets.token_urlsafe(12)
    folder = data / "demo"
    folder.mkdir(exist_ok=True)
    invites = server.manage(data, "invite", "--count", "3").split()
    Story(base, folder, invites, password, Teller()).furnish()
    _moderator(data, password)
    _keep(kept, password)
    return password


def _moderator(data: Path, password: str) -> None:
    environment = server.environment(data) | {"DJANGO_SUPERUSER_PASSWORD": password}
    subprocess.run(
        [sys.executable, "manage.py", "createsuperuser", "--noinput", "--handle", "moderator"],
        cwd=server.ROOT, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    _keep(data / "demo-moderator", server.manage(data, "moderator", "moderator").split()[0])


def _keep(path: Path, secret: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)


def _welcome(base: str, password: str, authenticator: str, data: Path) -> None:
    print(
        f"""
Sora Social is up. Data in {data}

  API documents   {base}/api/docs/
  moderators      {base}/admin/          sign in as  moderator / {password}
                                         and a code of {authenticator}
  people          demo, demo2, demo3                 password    {password}

Sign in as an app does (the answer's meta.access_token goes into Authorization: Bearer …):

  curl -s {base}/_allauth/app/v1/auth/login -H 'Content-Type: application/json' \\
       -d '{{"username": "demo", "password": "{password}"}}'
  curl -s {base}/api/v1/feed/home/ -H "Authorization: Bearer $TOKEN"

Ctrl-C ends it.""",
        flush=True,
    )


def _stay(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait()
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())

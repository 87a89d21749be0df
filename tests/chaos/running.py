"""Processes that chaos tests start, kill without warning, and start again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from demo.server import without_services

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds; the machine may be busy with something else
QUICK = {"LEASE_S": "5", "SWEEP_S": "0.2", "REDISPATCH_S": "2", "RENDER_THREADS": "1"}


def embedded(data: Path) -> dict[str, str]:
    """The environment of a server without services on this data folder."""
    return without_services() | QUICK | {"DATA": str(data)}


def on_this_database(namespace: str) -> dict[str, str]:
    """The environment of processes that stand on this test's own database, PostgreSQL."""
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    return os.environ | QUICK | {"DATABASE_URL": url, "NAMESPACE": namespace}


def python(environment: dict[str, str], *command: str) -> str:
    """Run a module to its end; what it printed."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def slow_model(folder: Path) -> Path:
    """The shipped model, made to take so many steps that whoever wants to act has the time."""
    slow = Path(shutil.copytree(ROOT / "generation" / "engine" / "small", folder / "slow"))
    card = json.loads((slow / "sora.json").read_text())
    card["capabilities"]["steps"] = 200
    (slow / "sora.json").write_text(json.dumps(card))
    return slow


def acting(environment: dict[str, str], *command: str) -> Any:
    return json.loads(python(environment, "-m", "tests.chaos.acting", *command))


def start(environment: dict[str, str], log: Path, *command: str) -> subprocess.Popen[bytes]:
    """Start a module in a process group of its own."""
    with log.open("ab") as lines:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment,
            stdout=lines,
            stderr=lines,
            start_new_session=True,
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """Without warning, the process alone: what it leaves behind must see to itself."""
    process.send_signal(signal.SIGKILL)
    process.wait()


@contextmanager
def gone_at_the_end(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            kill(process)


def until(condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait until it holds; what it answered."""
    end = time.monotonic() + patience
    while not (answer := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return answer


def children_of(pid: int) -> list[int]:
    """The processes that this one started, by their own word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def all_gone(pids: list[int]) -> Callable[[], bool]:
    return lambda: not any(alive(pid) for pid in pids)


def answers_at(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""Look for faces in films, in a child process that stays warm: to load its models takes longer
than to look through a clip. Only workers ask."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from cameos.errors import FirewallOff
from cameos.faces import Pack
from cameos.types import Box

log = logging.getLogger(__name__)
WALL = 300  # seconds a look through one film may take
CHILD = "cameos.watching_child"
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # and nothing of ours


@dataclass(frozen=True, eq=False)
class Sighting:
    """One face through a film: when and where it is seen best, and its unit template (dim,)."""

    at: float  # seconds
    box: Box
    template: np.ndarray


class Watcher:
    """The child of this process, started when first asked. One film at a time."""

    def __init__(self, wall: float = WALL) -> None:
        self.wall = wall
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._pack = ""

    def watch(self, path: Path, pack: Pack) -> list[Sighting]:
        """Everybody in a film or picture that we wrote. Raises FirewallOff."""
        facts, templates = self._ask({"film": str(path)}, pack)
        if "failed" in facts:
            raise FirewallOff(film=path.name, why=facts["failed"])
        rows = np.frombuffer(templates, np.float32).reshape(-1, pack.dim)
        return [
            Sighting(one["at"], tuple(one["box"]), row)
            for one, row in zip(facts["tracks"], rows, strict=True)
        ]

    def warm(self, pack: Pack) -> None:
        """Be ready before the first film."""
        self._ask({}, pack)

    def kill(self) -> None:
        """End the child; the next film starts another."""
        if self._process and self._pipe:
            self._process.kill()
            self._process.wait()
            self._pipe.close()
        self._process = self._pipe = None

    def _ask(self, order: dict[str, str], pack: Pack) -> tuple[dict[str, Any], bytes]:
        with self._turn:
            pipe = self._open(pack)
            try:
                pipe.send_bytes(json.dumps(order).encode())
                return json.loads(self._next(pipe)), self._next(pipe)
            except (EOFError, OSError, ValueError) as error:
                self.kill()
                raise FirewallOff(why=repr(error)) from error
            except BaseException:  # in the middle of an answer: of no use to anybody else
                self.kill()
                raise

    def _next(self, pipe: Connection) -> bytes:
        if not pipe.poll(self.wall):
            raise TimeoutError(f"{self.wall} s")
        return pipe.recv_bytes()

    def _open(self, pack: Pack) -> Connection:
        alive = self._process and self._process.poll() is None
        if not alive or self._pack != pack.id or self._pipe is None:
            self.kill()
            self._start(pack)
        assert self._pipe is not None
        return self._pipe

    def _start(self, pack: Pack) -> None:
        ours, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", CHILD, str(theirs.fileno()), str(pack.folder), pack.id],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # its errors stay: they go to our log
                cwd=settings.BASE,
                env=ENVIRONMENT,
            )
        self._pipe, self._pack = ours, pack.id


watcher = Watcher()

"""Renders in a child process: spawned, kept warm between jobs, stopped or killed when need be.

The child is `rendering_child.py`. It may hold several models, as many as ENGINE_MEMORY_GIB allow.
Both ends exchange framed JSON over one socket pair; pixels and sound never cross it: the child
writes its files into a folder that was made for the job.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from generation.engine.takes import OnStep

log = logging.getLogger(__name__)
POLL = 0.05  # seconds between two looks at whether we should stop
GRACE = 2.0  # seconds a child may take to stop between two steps before it is killed
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
KNOWN_BY = ("model_index.json", "sora.json")  # what changes when the folder's model does

Message = dict[str, Any]


class RenderLost(Exception):
    """The child died under its work: no fault of the job that we know of."""


class RenderFailed(Exception):
    """The engine said no. `reason` is a short code; `retry` whether another try may help."""

    def __init__(self, reason: str, detail: str = "", *, retry: bool = True) -> None:
        super().__init__(reason, detail)
        self.reason, self.retry = reason[:60], retry


class RenderStopped(Exception):
    """The child stopped, or was killed, because we asked."""


class Lost(Protocol):
    """Says whether nobody wants the result any more; a threading.Event does."""

    def is_set(self) -> bool: ...


class Seat(Protocol):
    """Where a job asks for its rendering: a child of its own, or a place in a shared one."""

    def ask(self, order: Message, on_step: OnStep, lost: threading.Event) -> Message: ...


class Child:
    """One process with engines in it. Used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.models = folder, known_models()
        ours, theirs = Pipe()
        folders = dict.fromkeys([folder, *self.models])
        with theirs:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "generation.rendering_child",
                    str(theirs.fileno()),
                    *folders,
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # its errors stay: they go to our log
                cwd=settings.BASE,
                env=_environment(),
            )
        self.pipe: Connection = ours
        self._numbers, self._number = count(1), 0

    @property
    def usable(self) -> bool:
        """Alive, and its models are those that are configured, unchanged."""
        return (
            self.process.poll() is None
            and self.folder == settings.GENERATION_MODEL
            and self.models == known_models()
        )

    def ask(self, order: Message, on_step: OnStep, lost: Lost) -> Message:
        """Give an order and wait for its result, of which every item was made.

        Raises RenderStopped once `lost` is set, RenderFailed, RenderLost.
        """
        return all_made(self.obey(order, on_step, lost))

    def obey(self, order: Message, on_step: OnStep, lost: Lost) -> Message:
        """As `ask`, but some items of the result may say why they were not made."""
        self._number = next(self._numbers)
        patience = settings.RENDER_TIMEOUT_S * len(order.get("requests", "1"))
        try:
            self._say(order)
            return self._result(on_step, lost, time.monotonic() + patience)
        except (RenderStopped, RenderFailed):
            raise
        except (EOFError, OSError) as error:
            self.kill()
            raise RenderLost(f"exit {self.process.returncode}") from error
        except BaseException:  # in the middle of an order: of no use to anybody else
            self.kill()
            raise

    def _result(self, on_step: OnStep, lost: Lost, until: float) -> Message:
        for message in self._messages():
            match message:
                case {"result": result}:
                    return result
                case {"failed": reason, "detail": detail, "retry": retry}:
                    raise RenderFailed(reason, detail, retry=retry)
                case {"step": done, "of": of}:
                    on_step(done, of)
            if lost.is_set():
                self._stop()
                raise RenderStopped
            if time.monotonic() > until:
                self.kill()
                raise RenderFailed("timeout")
        raise AssertionError("messages never end")

    def _say(self, order: Message) -> None:
        self.pipe.send_bytes(json.dumps(order | {"number": self._number}).encode())

    def _messages(self) -> Iterator[Message | None]:
        """What the child says, and None every POLL seconds of silence."""
        while True:
            yield json.loads(self.pipe.recv_bytes()) if self.pipe.poll(POLL) else None

    def _stop(self) -> None:
        """Ask it to stop between two steps; kill it when it does not within GRACE."""
        self._say({"do": "stop"})
        until = time.monotonic() + GRACE
        for message in self._messages():
            if message and "step" not in message:
                return
            if time.monotonic() > until:
                break
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.pipe.close()


class Children:
    """The children of this process: as many as it renders at once, kept warm while idle."""

    def __init__(self, size: int) -> None:
        self._places = threading.BoundedSemaphore(size)
        self._idle: list[Child] = []
        self._all: weakref.WeakSet[Child] = weakref.WeakSet()

    @contextmanager
    def borrow(self, lost: Lost) -> Iterator[Child]:
        """A usable child for this block alone. Raises RenderStopped if `lost` while waiting."""
        while not self._places.acquire(timeout=POLL):
            if lost.is_set():
                raise RenderStopped
        try:
            child = self._take()
            try:
                yield child
            finally:
                self._idle.append(child)  # if it died, whoever takes it next finds out
        finally:
            self._places.release()

    def warm(self) -> None:
        """Load the model before the first job asks for it."""
        unbothered = threading.Event()
        try:
            with self.borrow(unbothered) as child:
                child.ask({"do": "load"}, lambda done, of: None, unbothered)
        except (RenderFailed, RenderLost):
            log.exception("the model in %s does not load", settings.GENERATION_MODEL)

    def kill(self) -> None:
        for child in list(self._all):
            child.kill()

    def _take(self) -> Child:
        """An idle child that still is of use, or a new one."""
        while self._idle:
            child = self._idle.pop()
            if child.usable:
                return child
            child.kill()
        child = Child(settings.GENERATION_MODEL)
        self._all.add(child)
        return child


children = Children(settings.WORKER_THREADS)


def all_made(result: Message) -> Message:
    """The result, if every item of it was made. Raises RenderFailed by the first that was not."""
    for item in result.get("items", ()):
        if "failed" in item:
            raise RenderFailed(item["failed"], item["detail"], retry=item["retry"])
    return result


def known_models() -> dict[Path, tuple[int, ...]]:
    """The folders that may be rendered with, and what identifies the model in each."""
    folders = [settings.GENERATION_MODEL, *settings.GENERATION_MODELS.values()]
    return {folder: identity_of(folder) for folder in folders}


def identity_of(folder: Path) -> tuple[int, ...]:
    """Tells one model in a folder from the next that is put there."""
    files = (folder / name for name in KNOWN_BY)
    return tuple(file.stat().st_mtime_ns for file in files if file.exists())


def _environment() -> dict[str, str]:
    """No secrets, no network, bounded threads."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    threads = str(settings.RENDER_THREADS or os.cpu_count() or 1)
    return kept | {
        "OMP_NUM_THREADS": threads,
        "OMP_WAIT_POLICY": "PASSIVE",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "RENDER_MEMORY_MB": str(settings.RENDER_MEMORY_MB),
        "ENGINE_MEMORY_GIB": str(settings.ENGINE_MEMORY_GIB),
        "SORA_ENGINE_OPTIONS": settings.ENGINE_OPTIONS,
    }

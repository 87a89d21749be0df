"""While a job runs, somebody must say so: the lease is renewed, and what changed is heard."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from generation.models import Job
from generation.states import JobState
from generation.types import Lost
from sora_social.realtime import tell

log = logging.getLogger(__name__)
EVERY = 1.0  # seconds between two beats, at most
LOOK = 0.25  # seconds between two looks whether somebody wants us to stop
QUIET = 0.1  # seconds between two messages to the author's sockets, at least
# of the way when it begins
SHARE = {
    "screen": 0.0, "render": 0.02, "encode": 0.9, "check": 0.95, "sign": 0.97, "store": 0.98,
}  # fmt: skip

Beat = Callable[..., bool]
Holds = Callable[[UUID, UUID], bool]


class Heartbeat:
    """Beats in a thread of its own until the block ends; `lost` is set when a beat is refused.

    Between two beats it looks with `holds`, which writes nothing, so that a cancel is heard soon.
    """

    def __init__(self, job: Job, token: UUID, beat: Beat, holds: Holds) -> None:
        self.job, self.token, self.beat, self.holds = job, token, beat, holds
        self.lost, self._ended = threading.Event(), threading.Event()
        self.stage, self.progress, self._told_at = "", 0.0, 0.0
        self._thread = threading.Thread(target=self._run, name=f"beat-{job.pk}", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join(5)

    def enter(self, stage: str) -> None:
        """The next stage begins, if everybody still lets it. Raises Lost."""
        self.stage, self.progress = stage, SHARE[stage]
        if self.lost.is_set() or not self._beat():
            self.lost.set()
            raise Lost
        self._tell()

    def step(self, done: int, of: int) -> None:
        """One of the model's steps is done."""
        begin, end = SHARE["render"], SHARE["encode"]
        reached = begin + (end - begin) * done / max(of, 1)
        self.progress = max(self.progress, reached)  # what fails together is begun anew
        if time.monotonic() - self._told_at >= QUIET:
            self._tell()

    def _beat(self) -> bool:
        return self.beat(self.job.pk, self.token, stage=self.stage, progress=self.progress)

    def _tell(self) -> None:
        self._told_at = time.monotonic()
        tell(
            self.job.author_id,
            "job",
            id=str(self.job.pk),
            state=JobState.RUNNING.value,
            stage=self.stage,
            progress=round(self.progress, 3),
        )

    def _run(self) -> None:
        beaten = time.monotonic()
        while not self._ended.wait(LOOK):
            is_due = time.monotonic() - beaten >= min(EVERY, settings.LEASE_S / 3)
            try:
                if not (self._beat() if is_due else self.holds(self.job.pk, self.token)):
                    self.lost.set()
                    break
                beaten = time.monotonic() if is_due else beaten
            except DatabaseError:  # away: the lease runs out by itself
                log.warning("no beat for job %s", self.job.pk, exc_info=True)
                connection.close()
        connection.close()

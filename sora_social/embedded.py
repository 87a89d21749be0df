"""The embedded default: a Celery worker and a sweeper in threads of the web process."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from django.conf import settings

from sora_social import sweeper
from sora_social.celery import app

if TYPE_CHECKING:
    from celery.worker import WorkController

log = logging.getLogger(__name__)
_starting = threading.Lock()
_ready = threading.Event()
_worker: WorkController | None = None
_sweep_ended: threading.Event | None = None


def start() -> None:
    """Start both, once per process; they end with it."""
    global _worker, _sweep_ended
    with _starting:
        if _worker is None:
            _worker = _make_worker()
            threading.Thread(target=_worker.start, name="embedded-worker", daemon=True).start()
            _sweep_ended = sweeper.start()


def is_ready(wait: float = 0) -> bool:
    """Whether the worker takes jobs; waits so many seconds for it."""
    return _ready.wait(wait)


def stop() -> None:
    """Take no more jobs. A job that runs ends by itself, or is lost and tried again later."""
    global _worker, _sweep_ended
    with _starting:
        if _worker is not None and _sweep_ended is not None:
            _sweep_ended.set()
            _worker.stop(in_sighandler=False)
        _worker = _sweep_ended = None
        _ready.clear()


def _make_worker() -> WorkController:
    from celery.signals import worker_ready  # noqa: PLC0415 -- slow, and only a worker needs it
    from celery.worker import WorkController  # noqa: PLC0415

    class Embedded(WorkController):
        def on_consumer_ready(self, consumer: object) -> None:
            _ready.set()
            worker_ready.send(sender=consumer)

    app.finalize()
    app.loader.import_default_modules()
    return Embedded(
        app=app,
        pool="threads",
        concurrency=settings.WORKER_THREADS,
        hostname="embedded@localhost",
        loglevel=logging.WARNING,
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
        send_events=False,
        optimization=None,
    )

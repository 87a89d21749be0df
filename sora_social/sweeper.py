"""The sweep loop: what settings.SWEEPERS name, again and again, in any number of processes."""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)


def sweep_once() -> None:
    """One round; a sweeper that fails does not keep the others from their work."""
    for name in settings.SWEEPERS:
        try:
            import_string(name)()
        except Exception:
            log.exception("%s failed", name)
            connection.close()  # after a restart of the database this one is of no use


def sweep_until(ended: threading.Event) -> None:
    """Sweep about each settings.SWEEP_S seconds until the event is set."""
    while not ended.wait(settings.SWEEP_S):
        sweep_once()
    connection.close()


def start() -> threading.Event:
    """Sweep in a thread of this process; set the event to end it."""
    ended = threading.Event()
    threading.Thread(target=sweep_until, args=[ended], name="sweeper", daemon=True).start()
    return ended

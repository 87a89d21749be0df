"""Several people at the same thing at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import connection

from sora_social.errors import DomainError

Who = TypeVar("Who")


def race(act: Callable[[Who], object], who: Sequence[Who]) -> list[Who]:
    """Let all act at once, each in a thread and with a connection of its own: who was let."""
    through, start = list[Who](), threading.Barrier(len(who))

    def run(one: Who) -> None:
        start.wait()
        try:
            act(one)
            through.append(one)
        except DomainError:
            pass
        connection.close()

    threads = [threading.Thread(target=run, args=[one]) for one in who]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return through

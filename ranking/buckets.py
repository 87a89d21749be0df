"""Which arms of the running experiments somebody is in: written with every page, so that a log can
be told apart by them, whether or not the page met what is tried.

Every process looks for what runs once in a while; in between a page costs a look at a dictionary.
"""

from __future__ import annotations

import time

from ranking.experiments import RUNNING_S, Running, assigned_arm, running

MOST = 50_000  # people


class Buckets:
    """What one process knows of who is in which arm."""

    def __init__(self) -> None:
        self.drop()

    def drop(self) -> None:
        """Begin anew at the next question."""
        self._looked = -float(RUNNING_S)
        self._running: Running = {}
        self._known: dict[int, dict[str, str]] = {}

    def of(self, person: int) -> dict[str, str]:
        """The arm of every experiment that runs, by its name."""
        if time.monotonic() - self._looked >= RUNNING_S:
            self._look()
        if not self._running:
            return {}
        known = self._known.get(person)
        return self._assign(person) if known is None else known

    def _look(self) -> None:
        self._looked, found = time.monotonic(), running()
        if found != self._running or len(self._known) > MOST:
            self._running, self._known = found, {}

    def _assign(self, person: int) -> dict[str, str]:
        """Friends' groups stand still while something is tried on them, so that it stays true."""
        found = {name: assigned_arm(name, person, self._running) for name in self._running}
        self._known[person] = found
        return found


BUCKETS = Buckets()

"""Which model serves: the newest that was promoted, looked for once a minute by every process.

A file that does not hold a model is refused, and what served before goes on serving.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from dataclasses import replace

from ranking.features import FEATURES
from ranking.models import TrainedModel
from ranking.network import BadModel, Learned, unpacked

log = logging.getLogger(__name__)
LOOK_S = 60.0
REMEMBERED = 3  # of the last that served, for pages that go on in their rankings


class Registry:
    """What one process knows of the models that serve."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.drop()

    def drop(self) -> None:
        """Begin anew at the next question."""
        self._looked = -LOOK_S
        self._seen = 0  # the newest that was looked at, good or bad
        self._known: dict[str, Learned] = {}

    def current(self) -> Learned | None:
        """The model that serves; None while none was learned, or none can be read."""
        if time.monotonic() - self._looked >= LOOK_S and self._lock.acquire(blocking=False):
            try:
                self._looked = time.monotonic()
                self._look()
            finally:
                self._lock.release()
        return next(reversed(self._known.values()), None)

    def named(self, policy: str) -> Learned | None:
        """A model that served lately; None for the prior, and for what was forgotten."""
        return self._known.get(policy)

    def _look(self) -> None:
        promoted = TrainedModel.objects.filter(promoted=True, pk__gt=self._seen)
        for row in promoted.order_by("-pk")[:REMEMBERED]:
            try:
                learned = read(row)
            except BadModel as reason:
                log.error("%s is not taken: %s", row.name, reason)
                continue
            self._known = dict([*self._known.items(), (row.name, learned)][-REMEMBERED:])
            break
        self._seen = max([self._seen, *promoted.values_list("pk", flat=True)])


def read(row: TrainedModel) -> Learned:
    """The model that a row keeps. Raises BadModel."""
    kept = bytes(row.file)
    if hashlib.sha256(kept).hexdigest() != row.sha256:
        raise BadModel("it is not what was written")
    return replace(unpacked(kept, len(FEATURES)), name=row.name)


REGISTRY = Registry()

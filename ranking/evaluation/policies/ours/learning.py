"""The nightly lesson: production's own training on what its own pages brought."""

from __future__ import annotations

import numpy as np

from ranking.evaluation.interface import Asks, Log
from ranking.evaluation.policies.memory import DAY
from ranking.evaluation.policies.ours.production import BEGAN
from ranking.features import PLACE
from ranking.network import Learned
from ranking.training import Examples, learn

LEAST, WINDOW = 1_000, 14 * DAY


class Lessons:
    """Impressions outside the shadow of nudges, and the model learned from them so far."""

    def __init__(self) -> None:
        self.learned: Learned | None = None
        self.rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def told(self, asks: Asks, log: Log, found: np.ndarray) -> None:
        """`found` (m, SIZE, features) is what each place was scored by."""
        if not len(log.item):
            return
        keep = ~log.after_nudge
        found[:, :, PLACE] = np.log1p(np.arange(found.shape[1]))
        at = np.full(int(keep.sum()), BEGAN + asks.moment)
        self.rows.append((found[log.asked[keep], log.place[keep]], log.did[keep], at))

    def night(self, moment: float) -> None:
        """Learn anew from two weeks, beginning where last night ended."""
        if sum(len(at) for _, _, at in self.rows) < LEAST:
            return
        found, did, at = (np.concatenate(column) for column in zip(*self.rows, strict=True))
        young = at > BEGAN + moment - WINDOW
        examples = Examples(found[young], did[young], np.ones(young.sum(), np.float32), at[young])
        self.learned = learn(examples, start=self.learned)

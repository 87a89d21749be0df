"""What people made something of and watched, as directions among the vectors of posts."""

from __future__ import annotations

import numpy as np

from ranking.evaluation.interface import DEEDS, DIMENSIONS, Log, Numbers
from ranking.evaluation.policies.memory import Memory

FADES = 0.97  # of a profile, with each page


class Profiles:
    """(people, DIMENSIONS) each, kept up with the log."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.made = np.zeros((memory.people.count, DIMENSIONS))
        self.watched = np.zeros_like(self.made)

    def told(self, log: Log) -> None:
        vector = self.memory.items["vector"][log.item]
        for profile, deed in ((self.made, "create"), (self.watched, "watch")):
            profile[np.unique(log.viewer)] *= FADES
            weight = log.did[:, DEEDS.index(deed)]
            np.add.at(profile, log.viewer, weight[:, None] * vector)


def unit(profile: Numbers) -> Numbers:
    """Of length 1, or 0 where nothing is known."""
    length = np.linalg.norm(profile, axis=-1, keepdims=True).clip(min=1e-9)
    return np.asarray(profile / length, np.float64)

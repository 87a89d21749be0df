"""Nudges by production's rules, and what people answered to them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np

from ranking.evaluation.interface import Asks, Flags, Log
from ranking.evaluation.policies.ours.production import BEGAN
from ranking.nudges import Answers, draw
from ranking.types import Arm, Sitting

ARM = Arm.TRY_THIS  # a world knows one kind of invitation


class Inviting:
    """Who was invited, and what they answered."""

    def __init__(self, people: int, chance: Random) -> None:
        self.chance = chance
        self.answers = [Answers() for _ in range(people)]

    def draw(self, asks: Asks) -> Flags:
        """Whether an invitation stands on each page."""
        nudged, now = np.zeros(len(asks), bool), BEGAN + asks.moment
        for row, who in enumerate(asks.viewer.tolist()):
            sitting = Sitting(
                BEGAN + float(asks.began[row]), int(asks.passive[row]), bool(asks.created[row]),
            )  # fmt: skip
            drawn = draw(self.answers[who], sitting, [ARM], now, self.chance)
            nudged[row] = bool(drawn.text)
            if drawn.text:
                shown = (*self.answers[who].shown_at, now)
                self.answers[who] = replace(self.answers[who], shown_at=shown)
        return nudged

    def told(self, asks: Asks, log: Log) -> None:
        """A dismissal begins a silence, and 'never' is for good."""
        for row in np.flatnonzero(log.dismissed | log.never).tolist():
            old = self.answers[int(asks.viewer[row])]
            at = (*old.dismissed_at, BEGAN + asks.moment)
            never = old.never or bool(log.never[row])
            self.answers[int(asks.viewer[row])] = replace(old, dismissed_at=at, never=never)

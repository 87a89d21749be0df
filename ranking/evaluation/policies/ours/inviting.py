"""Nudges by production's rules and sampler, which learns every night from its own trials."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import NamedTuple

import numpy as np

from ranking.bandit import Line, unknown
from ranking.evaluation.interface import DEEDS, Asks, Flags, Log
from ranking.evaluation.policies.memory import DAY
from ranking.evaluation.policies.ours.production import BEGAN
from ranking.nudges import Answers, draw
from ranking.types import Arm, Sitting

ARM = Arm.TRY_THIS  # a world knows one kind of invitation
MAKER = 7 * DAY
DISMISSED, NEVER = 0.5, 1.0  # what they cost of a creation


class Trial(NamedTuple):
    context: tuple[float, ...]
    shown: bool
    chance: float
    reward: float


class Inviting:
    """Who was invited, what they answered, and what is believed of invitations."""

    def __init__(self, people: int, chance: Random) -> None:
        self.chance = chance
        self.answers = [Answers() for _ in range(people)]
        self.made_at = np.full(people, -np.inf)
        self.lines: dict[str, Line] = {}
        self.trials: list[Trial] = []
        self.open: dict[int, Trial] = {}  # by the row of the asks

    def draw(self, asks: Asks) -> Flags:
        """Whether an invitation stands on each page."""
        nudged, now = np.zeros(len(asks), bool), BEGAN + asks.moment
        self.open = {}
        for row, who in enumerate(asks.viewer.tolist()):
            sitting = Sitting(
                BEGAN + float(asks.began[row]), int(asks.passive[row]), bool(asks.created[row]),
                maker=bool(asks.moment - self.made_at[who] < MAKER),
            )  # fmt: skip
            drawn = draw(self.answers[who], sitting, [ARM], now, self.chance, self.lines)
            nudged[row] = bool(drawn.text)
            if drawn.offered:
                self.open[row] = Trial(drawn.context, bool(drawn.text), drawn.chance, 0.0)
            if drawn.text:
                shown = (*self.answers[who].shown_at, now)
                self.answers[who] = replace(self.answers[who], shown_at=shown)
        return nudged

    def told(self, asks: Asks, log: Log) -> None:
        """A trial is settled by what was made on its page, and by what was answered."""
        created = log.did[:, DEEDS.index("create")]
        made = (np.bincount(log.asked, created, len(asks)) > 0) | log.accepted
        self.made_at[asks.viewer[made]] = asks.moment
        for row, trial in self.open.items():
            reward = float(made[row]) - DISMISSED * log.dismissed[row] - NEVER * log.never[row]
            self.trials.append(trial._replace(reward=float(reward)))
        for row in np.flatnonzero(log.dismissed | log.never).tolist():
            old = self.answers[int(asks.viewer[row])]
            at = (*old.dismissed_at, BEGAN + asks.moment)
            never = old.never or bool(log.never[row])
            self.answers[int(asks.viewer[row])] = replace(old, dismissed_at=at, never=never)

    def night(self) -> None:
        """Believe what the day's trials say."""
        if not self.trials:
            return
        context, shown, chance, reward = (
            np.array(c, float) for c in zip(*self.trials, strict=True)
        )
        line = self.lines.get(ARM, unknown())
        self.lines[ARM] = line.after(context, shown > 0, chance, reward)
        self.trials = []

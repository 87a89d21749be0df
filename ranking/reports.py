"""A report for each arm: how often it was drawn and shown, what it changed, what people said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.utils.timezone import now

from ranking.effects import Estimate, Trials, ipw, wcls
from ranking.inviting import columns
from ranking.models import NudgeTrial

DAYS = 90  # of trials that are looked at
MOST = 200_000  # trials of an arm, the newest
NAMES = ("viewer", "shown", "chance", "context", "created", "reward", "accepted", "dismissed",
         "never", "regret")  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArmReport:
    """Shares are of trials; the effects are on creating within the window."""

    arm: str
    trials: int
    people: int
    shown: float
    chance: float
    created_shown: float | None
    created_not: float | None
    effect: Estimate | None
    weighted: Estimate | None
    reward: Estimate | None
    accepted: float | None
    dismissed: float | None
    never: float | None
    regret: float | None

    @property
    def verdict(self) -> str:
        if self.effect is None:
            return "too little is known"
        if self.effect.low > 0:
            return "helps"
        return "does harm" if self.effect.high < 0 else "no effect is certain"


def nudge_effects(days: int = DAYS) -> list[ArmReport]:
    """One report for each arm that was drawn, by its name."""
    recent = NudgeTrial.objects.filter(settled=True, at__gt=now() - timedelta(days=days))
    arms = recent.order_by("arm").values_list("arm", flat=True).distinct()
    newest = recent.order_by("-at").only(*NAMES)
    return [_report(arm, list(newest.filter(arm=arm)[:MOST])) for arm in arms]


def _report(arm: str, found: Sequence[NudgeTrial]) -> ArmReport:
    shown = [trial for trial in found if trial.shown]
    created, reward = _trials(found, "created"), _trials(found, "reward")
    return ArmReport(
        arm=arm,
        trials=len(found),
        people=len({trial.viewer for trial in found}),
        shown=len(shown) / len(found),
        chance=float(created.chance.mean()),
        created_shown=_share(shown, "created"),
        created_not=_share([trial for trial in found if not trial.shown], "created"),
        effect=wcls(created),
        weighted=ipw(created),
        reward=wcls(reward),
        accepted=_share(shown, "accepted"),
        dismissed=_share(shown, "dismissed"),
        never=_share(shown, "never"),
        regret=_share([trial for trial in shown if trial.regret is not None], "regret"),
    )


def _trials(rows: Sequence[NudgeTrial], outcome: str) -> Trials:
    context, shown, chance, _ = columns(rows)
    values = np.array([getattr(trial, outcome) for trial in rows], float)
    return Trials(values, shown, chance, context, np.array([trial.viewer for trial in rows]))


def _share(rows: Sequence[NudgeTrial], name: str) -> float | None:
    return float(np.mean([getattr(trial, name) for trial in rows])) if rows else None

"""An invitation to make something, between the items: hard rules first, then a drawn chance.

Never blocking, never a countdown, a streak or a guilt. What is dismissed stays silent, what does
not help somebody is muted for them, and 'never' is for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from ranking.bandit import Line, Own, chance_of, unknown
from ranking.types import DAY, Arm, Drawn, Numbers, Sitting

PER_DAY = 3
SILENCE, LONG_SILENCE = DAY, 7 * DAY
REMEMBERED = 30 * DAY  # two dismissals within this are a pattern
PASSIVE_ITEMS, ALIKE, PASSIVE_S = 8, 3, 600.0
BREAK_ITEMS, BREAK_S = 100, 1800.0  # from when on a rest is offered, and nothing else
FAIR = 0.5  # the chance of a rest: what it is good for is not what is made after it
PLACE = 4  # it stands before the item at this place
TEXTS = {
    Arm.FINISH_DRAFT: "You made this and have not posted it. Finish it?",
    Arm.REMIX_YOUR_FRIEND: "Your friend made this. What would you make of it?",
    Arm.INVITE_CAMEO: "Your friend lends you their cameo. Make something with them?",
    Arm.TRY_THIS: "You have watched a few. Try one of your own.",
    Arm.TAKE_A_BREAK: "You have been here for a while. The videos will wait.",
    Arm.CAUGHT_UP: "You have seen what is new.",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person was shown and what they made of it, in Unix seconds, the newest last."""

    never: bool = False
    shown_at: Sequence[float] = ()
    dismissed_at: Sequence[float] = ()
    own: Mapping[str, Own] = field(default_factory=dict)


def draw(
    answers: Answers,
    sitting: Sitting,
    arms: Sequence[Arm],
    moment: float,
    chance: Random,
    lines: Mapping[str, Line] | None = None,
) -> Drawn:
    """One arm or none; an empty answer where the rules leave nothing to draw.

    `lines` are what is believed of each arm; without them the coin is fair.
    """
    open_ = [arm for arm in arms if _muted_until(answers, arm) <= moment]
    if not open_ or not wanted(sitting, moment) or not allowed(answers, sitting, moment):
        return Drawn()
    x = context(sitting, answers, moment)
    arm, likely = _offer(open_, x, chance, lines or {})
    shown = chance.random() < likely
    return Drawn(
        arm if shown else Arm.NONE, likely if shown else 1 - likely, TEXTS[arm] if shown else "",
        offered=arm, chance=likely, context=tuple(x.tolist()),
    )  # fmt: skip


def _offer(
    arms: Sequence[Arm], x: Numbers, chance: Random, lines: Mapping[str, Line]
) -> tuple[Arm, float]:
    """The arm that does best in one imagined world, and how likely it is to be shown."""
    effects = {arm: lines.get(arm, unknown()).effect(x) for arm in arms}
    best = max(arms, key=lambda arm: chance.gauss(*effects[arm]))
    return best, FAIR if best == Arm.TAKE_A_BREAK else chance_of(*effects[best])


def context(sitting: Sitting, answers: Answers, moment: float) -> Numbers:
    """What the chance may depend on, in the order of `bandit.FEATURES`, each from 0 to 1."""
    wary = sum(moment - at < REMEMBERED for at in answers.dismissed_at) / 3
    watched, long = sitting.passive / 40, (moment - sitting.began) / BREAK_S
    return np.array([1.0, watched, long, sitting.maker, wary]).clip(0, 1)


def _muted_until(answers: Answers, arm: Arm) -> float:
    return answers.own[arm].until if arm in answers.own else 0.0


def wanted(sitting: Sitting, moment: float) -> bool:
    """Whoever only watched for a while; never somebody who has just created."""
    alike = sitting.alike is None or sitting.alike >= ALIKE
    watched = sitting.passive >= PASSIVE_ITEMS and alike
    long = moment - sitting.began >= PASSIVE_S or tired(sitting, moment)
    return (watched or long) and not sitting.created


def tired(sitting: Sitting, moment: float) -> bool:
    """Whoever has been here so long that a rest is the better offer."""
    return sitting.passive >= BREAK_ITEMS or moment - sitting.began >= BREAK_S


def allowed(answers: Answers, sitting: Sitting, moment: float) -> bool:
    """Once a session, three times a day, and never inside a silence."""
    today = [at for at in answers.shown_at if moment - at < DAY]
    return (
        not answers.never
        and not any(at >= sitting.began for at in answers.shown_at)
        and len(today) < PER_DAY
        and moment >= silent_until(answers)
    )


def silent_until(answers: Answers) -> float:
    """The end of the silence that the last dismissal began; 0 when there was none."""
    if not answers.dismissed_at:
        return 0.0
    last = answers.dismissed_at[-1]
    pattern = [at for at in answers.dismissed_at if last - at < REMEMBERED]
    return last + (LONG_SILENCE if len(pattern) > 1 else SILENCE)

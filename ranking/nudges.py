"""An invitation to make something, between the items: hard rules first, then a fair coin.

Never blocking, never a countdown, a streak or a guilt. What is dismissed stays silent, and
'never' is for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from ranking.types import DAY, Arm, Drawn, Sitting

PER_DAY = 3
SILENCE, LONG_SILENCE = DAY, 7 * DAY
REMEMBERED = 30 * DAY  # two dismissals within this are a pattern
PASSIVE_ITEMS, PASSIVE_S = 8, 600.0
SHOW = 0.5  # between .1 and .9, so that its effect can be told from chance
PLACE = 4  # it stands before the item at this place
TEXTS = {
    Arm.REMIX_YOUR_FRIEND: "Your friend made this. What would you make of it?",
    Arm.TRY_THIS: "You have watched a few. Try one of your own.",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person was shown and what they made of it, in Unix seconds, the newest last."""

    never: bool = False
    shown_at: Sequence[float] = ()
    dismissed_at: Sequence[float] = ()


def draw(
    answers: Answers, sitting: Sitting, arms: Sequence[Arm], moment: float, chance: Random
) -> Drawn:
    """One arm or none at a fair coin; an empty answer where the rules leave nothing to draw."""
    if not arms or not wanted(sitting, moment) or not allowed(answers, sitting, moment):
        return Drawn()
    if chance.random() >= SHOW:
        return Drawn(Arm.NONE, 1 - SHOW)
    return Drawn(arms[0], SHOW, TEXTS[arms[0]])


def wanted(sitting: Sitting, moment: float) -> bool:
    """Whoever only watched for a while; never somebody who has just created."""
    watched = sitting.passive >= PASSIVE_ITEMS or moment - sitting.began >= PASSIVE_S
    return watched and not sitting.created


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

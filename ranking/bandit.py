"""How likely an invitation should be: an action-centred Thompson sampler, one line for each arm.

Modelled is what an invitation changes, never how people are without it: the reward is anything
of the moment, plus x·θ where it was shown. So a busy evening misleads nobody (Greenewald, Tewari,
Klasnja and Murphy, "Action Centered Contextual Bandits", 2017, arXiv 1711.03596).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.types import DAY, Flags, Numbers

FEATURES = ("always", "watched", "long", "maker", "wary")
LEAST, MOST = 0.1, 0.9  # of a chance: both sides stay comparable, for ever
NOISE = 0.5  # of a reward, standard deviation
SPREAD = 0.2  # of an effect before anything is known
OWN_SPREAD = 0.3  # of a person's effect around that of everybody
SURE = 1.28  # standard deviations: nine times in ten
IGNORED = 6  # showings in a row that nothing was made after
MUTED = 30 * DAY
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Line:
    """The effect of one arm as a line over the context: a Gaussian, in units of the noise."""

    precision: NDArray[np.float64]  # (d, d)
    weighted: Numbers  # (d,)

    def effect(self, x: Numbers) -> tuple[float, float]:
        """Mean and standard deviation of the effect in a context."""
        mean = x @ np.linalg.solve(self.precision, self.weighted)
        variance = x @ np.linalg.solve(self.precision, x)
        return float(mean), NOISE * float(variance) ** 0.5

    def after(self, x: NDArray[np.float64], shown: Flags, chance: Numbers, reward: Numbers) -> Line:
        """What is believed after more trials: contexts (n, d), the rest (n,)."""
        told = chance * (1 - chance)
        return Line(
            self.precision + (x * told[:, None]).T @ x,
            self.weighted + x.T @ ((shown - chance) * reward),
        )


def unknown() -> Line:
    """Nothing is known: no effect is likelier than its opposite."""
    size = len(FEATURES)
    return Line(np.eye(size) * (NOISE / SPREAD) ** 2, np.zeros(size))


def chance_of(mean: float, deviation: float) -> float:
    """How probable it is that the effect is above nothing, within the bounds."""
    return min(max(_NORMAL.cdf(mean / deviation), LEAST), MOST)


@dataclass(frozen=True, slots=True)
class Own:
    """What one arm did for one person. An arm that does not help them is muted for a while."""

    ignored: int = 0  # showings since something was made after one
    precision: float = 0.0
    weighted: float = 0.0
    until: float = 0.0  # muted until this Unix time

    def after(
        self, shown: bool, chance: float, reward: float, made: bool, common: float, at: float
    ) -> Own:
        """One more trial; `common` is what the arm does for everybody."""
        own = replace(
            self,
            ignored=0 if shown and made else self.ignored + shown,
            precision=self.precision + chance * (1 - chance),
            weighted=self.weighted + (shown - chance) * reward,
        )
        return Own(until=at + MUTED) if own.is_useless(common) else own

    def is_useless(self, common: float) -> bool:
        """Ignored again and again, or most probably doing harm."""
        held = (NOISE / OWN_SPREAD) ** 2
        mean = (held * common + self.weighted) / (held + self.precision)
        deviation = NOISE / (held + self.precision) ** 0.5
        return self.ignored >= IGNORED or mean + SURE * deviation < 0


# --- as they are kept -----------------------------------------------------------------------------


def as_json(lines: Mapping[str, Line]) -> dict[str, Any]:
    return {
        arm: {"precision": line.precision.tolist(), "weighted": line.weighted.tolist()}
        for arm, line in lines.items()
    }


def from_json(kept: Mapping[str, Any]) -> dict[str, Line]:
    """The lines that were kept. One of another shape, or not of numbers, begins anew."""
    read = {
        arm: Line(np.array(line["precision"], float), np.array(line["weighted"], float))
        for arm, line in kept.items()
    }
    return {arm: line for arm, line in read.items() if _is_sound(line)}


def _is_sound(line: Line) -> bool:
    size = len(FEATURES)
    shaped = line.precision.shape == (size, size) and line.weighted.shape == (size,)
    return shaped and bool(np.isfinite(line.precision).all() and np.isfinite(line.weighted).all())

"""Ours against each of the others: in the same world, with the same people, from the same seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ranking.evaluation.interface import Numbers

DRAWS = 2_000
FIGURES = {
    "return_create": "creates on return",
    "posters": "posters / day",
    "creates": "creations / day",
    "friend_coverage": "friend coverage",
    "prolific_share": "bulk share",
    "gini": "Gini",
    "tried": "posts seen ≥ 10",
    "hides": "hides / 1,000",
    "early": "creates, days 1–3",
    "back": "still there",
}
Found = Mapping[tuple[str, str, int], Mapping[str, Any]]  # world, policy, seed


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours minus another, with the middle nineteen twentieths of redrawn ones."""

    value: float
    low: float
    high: float
    ahead: int  # in so many of
    of: int

    @property
    def certain(self) -> bool:
        return self.low > 0 or self.high < 0


def index(results: Iterable[Mapping[str, Any]]) -> Found:
    return {(r["world"], r["policy"], r["seed"]): r["figures"] for r in results}


def mean(found: Found, policy: str, figure: str, worlds: Sequence[str]) -> float:
    """Over worlds and seeds, each counting the same."""
    values = [f[figure] for (w, p, _), f in found.items() if p == policy and w in worlds]
    return float(np.mean(values)) if values else float("nan")


def overall(found: Found, other: str, worlds: Sequence[str]) -> Difference | None:
    """Over all worlds: worlds and then their seeds are redrawn, for both policies alike."""
    by_world: dict[str, list[float]] = defaultdict(list)
    for world, seed in _both(found, other, worlds):
        ours, theirs = (found[world, p, seed]["return_create"] for p in ("ours", other))
        by_world[world].append(ours - theirs)
    if not by_world:
        return None
    chance, groups = np.random.default_rng(1), list(by_world.values())
    drawn = [
        np.mean([chance.choice(groups[w]) for w in chance.integers(len(groups), size=len(groups))])
        for _ in range(DRAWS)
    ]
    each = [value for group in groups for value in group]
    return _difference(float(np.mean(each)), np.array(drawn), each)


def within(found: Found, other: str, world: str) -> Difference | None:
    """In one world: its people are redrawn, with what became of each under both policies."""
    pairs = list(_both(found, other, [world]))
    if not pairs:
        return None
    draws = [_redrawn(found[w, "ours", s], found[w, other, s]) for w, s in pairs]
    drawn, each = np.mean([d for d, _ in draws], axis=0), [value for _, value in draws]
    return _difference(float(np.mean(each)), drawn, each)


def _both(found: Found, other: str, worlds: Sequence[str]) -> Iterable[tuple[str, int]]:
    """(world, seed) in which both have lived."""
    for world, policy, seed in found:
        if policy == "ours" and world in worlds and (world, other, seed) in found:
            yield world, seed


def _redrawn(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[Numbers, float]:
    """(DRAWS,) differences of the share of return sessions with a creation, and the real one."""
    columns = np.array(
        [ours["created"], ours["sessions"], theirs["created"], theirs["sessions"]], float
    ).T  # (people, 4)
    chance = np.random.default_rng(2)
    drawn = chance.poisson(1.0, (DRAWS, len(columns))) @ columns

    def minus(sums: Numbers) -> Numbers:
        shares = sums[..., ::2] / sums[..., 1::2].clip(min=1)
        return np.asarray(shares[..., 0] - shares[..., 1])

    return minus(drawn), float(minus(columns.sum(axis=0)))


def _difference(value: float, drawn: Numbers, each: Sequence[float]) -> Difference:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Difference(value, float(low), float(high), sum(e > 0 for e in each), len(each))

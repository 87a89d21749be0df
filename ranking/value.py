"""What a place in the page is worth: published weights, creation above all, watching nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ranking.types import Numbers

WEIGHTS = {
    "create": 1.0,
    "keep": 0.3,
    "post": 1.2,
    "remix_open": 0.5,
    "cameo_use": 0.8,
    "share": 0.2,
    "like": 0.05,
    "hide": -1.5,
    "report": -15.0,
}
BOUNDS = {  # of each weight in a recipe of somebody's own
    "create": (0.0, 3.0),
    "keep": (0.0, 3.0),
    "post": (0.0, 3.0),
    "remix_open": (0.0, 2.0),
    "cameo_use": (0.0, 3.0),
    "share": (0.0, 1.0),
    "like": (0.0, 0.05),
    "watch": (0.0, 0.05),
    "hide": (-6.0, -1.0),
    "report": (-60.0, -10.0),
    "author_need": (0.0, 3.0),
}
CREATION = frozenset({"create", "keep", "post", "remix_open", "cameo_use"})
LEAST_CREATION = 1.0  # together: bounds mean nothing where all that is bounded is 0
CONSUMPTION = frozenset({"like", "watch"})  # heads that end with the viewer: at most .05 each
FEEDBACK = {"like": 0.15, "remix_open": 0.6}  # what an answer is worth to an author
AUTHOR_NEED = 1.0


NEED = "author_need"


def usual() -> dict[str, float]:
    """The published weights, all that a recipe may change."""
    return WEIGHTS | {NEED: AUTHOR_NEED}


def value(
    chances: Mapping[str, Numbers], need: Numbers, weights: Mapping[str, float] | None = None
) -> Numbers:
    """Sum of weight times probability, plus what feedback is worth to an author in need of it."""
    weigh = usual() | dict(weights or {})
    of_heads = [[weigh[head], FEEDBACK.get(head, 0.0)] for head in WEIGHTS]  # (heads, 2)
    worth, answers = np.array(of_heads).T @ np.stack([chances[head] for head in WEIGHTS])
    found: Numbers = worth + weigh[NEED] * need * answers
    return found

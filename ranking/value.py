"""What a place in the page is worth: published weights, creation above all, watching nothing."""

from __future__ import annotations

from collections.abc import Mapping

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
CONSUMPTION = frozenset({"like", "watch"})  # heads that end with the viewer: at most .05 each
FEEDBACK = {"like": 0.15, "remix_open": 0.6}  # what an answer is worth to an author
AUTHOR_NEED = 1.0


def value(chances: Mapping[str, Numbers], need: Numbers) -> Numbers:
    """Sum of weight times probability, plus what feedback is worth to an author in need of it."""
    worth: Numbers = sum((weight * chances[head] for head, weight in WEIGHTS.items()), need * 0)
    answers: Numbers = sum((share * chances[head] for head, share in FEEDBACK.items()), need * 0)
    return worth + AUTHOR_NEED * need * answers

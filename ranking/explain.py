"""Why an item stands where it stands: said from what was logged, never made up afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ranking.models import ServedPage
from ranking.types import Slot, Source

SOURCES = {
    Source.FRIEND: "From a friend of yours",
    Source.FOLLOWED: "From somebody you follow",
    Source.MY_CAMEO: "Your cameo is in it",
    Source.FRIEND_CAMEO: "The cameo of a friend is in it",
    Source.ALIKE: "Like something that you made",
    Source.HOT: "People are making remixes of it",
    Source.NEAR: "Near to what you make and ask for",
    Source.EXPLORE: "New, and hardly seen yet",
    Source.LATEST: "New to everybody",
}
PLAIN = "In the order of time"
TERMS = {
    "cameo_me": "your cameo is in it",
    "cameo_friend": "the cameo of a friend is in it",
    "is_remix": "it is a remix",
    "remix_rate": "it makes people create",
}


def explain(page: ServedPage, item: int) -> dict[str, Any] | None:
    """The logged decision about an item of a page; None where it did not stand on it."""
    if item not in page.items:
        return None
    at = page.items.index(item)
    source, slot, terms = page.sources[at], page.slots[at], page.terms[at]
    return {
        "text": why(source, slot, terms),
        "source": source,
        "slot": slot,
        "position": at,
        "propensity": page.propensities[at],
        "score": page.scores[at],
        "policy": page.policy,
        "terms": [{"name": name, "moved": moved} for name, moved in terms],
    }


def why(source: str, slot: str, terms: Sequence[Sequence[Any]]) -> str:
    """A sentence from the logged source, slot and terms."""
    if slot == Slot.PLAIN:
        return f"{PLAIN}."
    if slot == Slot.EXPLORE:
        return "A new video that hardly anybody has seen: drawn by lot."
    if slot == Slot.FLOOR:
        return "A new video: each is shown to some whom it may concern."
    if slot == Slot.STEER:
        return "You asked for more like it."
    said = SOURCES[Source(source)]
    more = [
        TERMS[name]
        for name, moved in terms
        if name in TERMS and moved > 0 and TERMS[name].lower() != said.lower()
    ]
    return f"{said}; {more[0]}." if more else f"{said}."

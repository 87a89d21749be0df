"""Lists in one order for everybody: what people made most of, and the plain one.

An order is reckoned from the store, kept for a while, and read by offset; what its reader may not
see is left out and filled up from what follows. Nothing of the reader goes into it.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from django.core.cache import cache
from django.utils.timezone import now

from feed import endings
from feed.cards import Card, by_id
from feed.catalog import STORE
from feed.endings import ends
from feed.timeline import SIZE, Page, Position, by_time, item, public
from ranking import services
from ranking.services import BASE_RATE, Segment, history, slate
from ranking.types import DAY, SOURCES, Arm, Candidates, Items, Placed, Slot, Source, Viewer
from sora_social.ids import snowflake_at
from sora_social.users.models import User

log = logging.getLogger(__name__)
TOP, PLAIN = "top", "plain"
WINDOWS = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY}
LONGEST = 500
FRESH_S, KEPT_S = 30, 1800  # the order of now; one that somebody scrolls in
DOUBT = 3.0  # creations: so many more are asked for before a post leads by chance
FALLBACK = "fallback-1"


class Order(NamedTuple):
    """Items in order, and what each is told to stand there for."""

    stamp: int
    items: list[int]
    terms: list[list[tuple[str, float]]]


Reckon = Callable[[tuple[Segment, ...], float], Order]


def top(
    viewer: User, window: str = "week",
    position: Position = None, size: int = SIZE, session: str = "",
) -> tuple[Page, Position]:  # fmt: skip
    """By creations over what was to be expected of as many impressions, in a window of time."""
    name = f"{TOP}-{window}"
    return _page(viewer, TOP, name, partial(_by_creations, window), position, size, session)


def plain(
    viewer: User, position: Position = None, size: int = SIZE, session: str = ""
) -> tuple[Page, Position]:
    """What home would be for somebody of whom nothing is known: the same for everybody."""
    return _page(viewer, PLAIN, PLAIN, _for_nobody, position, size, session)


# --- the orders -----------------------------------------------------------------------------------


def _by_creations(window: str, segments: tuple[Segment, ...], moment: float) -> Order:
    items = Items.join([_since(segment, moment - WINDOWS[window]) for segment in segments])
    expected = items.impressions * BASE_RATE
    score = (items.remixes + DOUBT) / (expected + DOUBT)
    best = np.lexsort((-items.id, -score))[:LONGEST]
    made, usual = items.remixes[best].tolist(), expected[best].round(1).tolist()
    terms = [[("remixes", m), ("usual", u)] for m, u in zip(made, usual, strict=True)]
    return Order(_stamp(), items.id[best].tolist(), terms)


def _since(segment: Segment, moment: float) -> Items:
    items = segment.take(slice(int(np.searchsorted(segment.id, snowflake_at(moment))), None))
    return items.take(items.public)


def _for_nobody(segments: tuple[Segment, ...], moment: float) -> Order:
    """Ranked for nobody, page after page."""
    nobody = Viewer(0, np.empty(0, np.int64), np.empty(0, np.int64))
    left = services.rank(nobody, _for_all(segments), moment, seed=_stamp())
    items = list[int]()
    for number in range(LONGEST // SIZE):
        placed = [place.item for place in slate(left, SIZE, number)]
        left, items = left.without(np.array(placed, np.int64)), items + placed
    return Order(_stamp(), items, [[] for _ in items])


def _for_all(segments: tuple[Segment, ...]) -> Candidates:
    """What anybody might be shown: much remixed, hardly seen, new."""
    items = Items.join([s.take(np.concatenate([s.hot, s.fresh, s.latest])) for s in segments])
    _, first = np.unique(items.id, return_index=True)
    return Candidates(
        items.take(first), np.full(len(first), SOURCES.index(Source.LATEST), np.uint8)
    )


def _stamp() -> int:
    return random.getrandbits(62)


# --- pages of them --------------------------------------------------------------------------------


def _page(
    viewer: User, surface: str, name: str, reckon: Reckon,
    position: Position, size: int, session: str,
) -> tuple[Page, Position]:  # fmt: skip
    past = history(viewer.pk, now(), session)
    if position and position[0] == "time":
        return by_time(viewer, past, surface, public(), position, size, FALLBACK)
    order = _order(name, reckon, position)
    if order is None:
        return by_time(viewer, past, surface, public(), None, size, FALLBACK)
    start = position[2] if position else 0
    shown, end = _fill(viewer, order, start, size)
    placed = [Placed(pk, 0, surface, Slot.PLAIN, 1.0, 0.0, order.terms[at]) for at, pk, _ in shown]
    served = services.log_page(viewer.pk, past.session, surface, placed, f"{surface}-1")
    items = [item(card, place) for (_, _, card), place in zip(shown, placed, strict=True)]
    ended = ends(viewer, past, surface, len(placed))
    items += [endings.end(Arm.TAKE_A_BREAK)] if ended else []
    page = {"page": str(served.pk), "policy": served.policy, "items": items, "ended": ended}
    return page, [name, order.stamp, end] if end < len(order.items) else None


def _order(name: str, reckon: Reckon, position: Position) -> Order | None:
    """The order that the page before was of, or that of now; None where nothing is in memory."""
    stamp = position[1] if position and position[0] == name else "now"
    if found := cache.get(f"order:{name}:{stamp}") or cache.get(f"order:{name}:now"):
        return found  # type: ignore[no-any-return]
    try:
        if not (segments := STORE.segments()):
            return None
        order = reckon(segments, now().timestamp())
    except Exception:
        log.exception("%s could not be put in order", name)
        return None
    cache.set(f"order:{name}:now", order, FRESH_S)
    cache.set(f"order:{name}:{order.stamp}", order, KEPT_S)
    return order


def _fill(
    viewer: User, order: Order, start: int, size: int
) -> tuple[list[tuple[int, int, Card]], int]:
    """(place, post, card) of what the viewer may see from `start` on, and where that ends."""
    shown = list[tuple[int, int, Card]]()
    while len(shown) < size and start < len(order.items):
        asked = order.items[start : start + size - len(shown)]
        cards = by_id(viewer, asked)
        shown += [(start + n, pk, cards[pk]) for n, pk in enumerate(asked) if pk in cards]
        start += len(asked)
    return shown, start

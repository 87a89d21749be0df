"""Home: gathered, sifted, ranked and shown."""

from __future__ import annotations

import logging
import random

import numpy as np
from django.utils.timezone import now

from feed.cards import Card, by_id
from feed.catalog import STORE
from feed.endings import end, ends
from feed.fallback import by_time
from feed.filters import sift
from feed.invitations import invite
from feed.models import Post
from feed.ordered import plain
from feed.scrolling import Scroll, go_on, keep
from feed.sources import meet
from feed.steered import choosing, heed
from feed.timeline import SIZE, Page, Position, item
from ranking import services
from ranking.services import HOME, Chosen, History, Ranking, gather, history, slate
from ranking.types import Arm, Drawn, Flags, Placed
from sora_social.users.models import User

log = logging.getLogger(__name__)


def home(
    viewer: User, position: Position = None, size: int = SIZE, session: str = ""
) -> tuple[Page, Position]:
    """What is likeliest to make the viewer create; by time alone when it cannot be ranked."""
    chosen = services.chosen(viewer.pk)
    if chosen.plain:
        return plain(viewer, position, size, session)
    past = history(viewer.pk, now(), session)
    if position and position[0] == "time":
        return by_time(viewer, past, chosen, position, size)
    try:
        scroll = go_on(viewer, position, chosen.mark) or Scroll(_begin(viewer, past, chosen))
    except services.NotReady:
        scroll = None
    except Exception:
        log.exception("home could not be ranked")
        scroll = None
    if scroll is None or not len(scroll.ranking):
        return by_time(viewer, past, chosen, None, size)
    return _ranked(viewer, past, scroll, size)


def _begin(viewer: User, past: History, chosen: Chosen) -> Ranking:
    """Score everything that comes into question, once for all pages to come."""
    if not (segments := STORE.segments()):
        raise services.NotReady
    moment = past.moment.timestamp()
    known = choosing(meet(viewer, past, segments), chosen, moment)
    found = gather(known, segments, moment)
    known = heed(known, found)
    found = sift(known, found)
    return services.rank(known, found, moment, random.getrandbits(62), services.current())


def _ranked(viewer: User, past: History, scroll: Scroll, size: int) -> tuple[Page, Position]:
    ranking, placed, shown = _show(viewer, scroll.ranking, scroll.number, size)
    left = ranking.others(np.array([place.item for place in placed], np.int64))
    last = _last(viewer, past, ranking.seen[left], placed)
    nudge, units = _units(viewer, past, placed, shown, last)
    served = services.log_page(
        viewer.pk, past.session, HOME, placed, ranking.policy, nudge,
        **services.decided(ranking, placed, before=scroll.number * size),
    )  # fmt: skip
    items = [item(shown[place.item], place) for place in placed]
    for place, unit in units:
        items.insert(place, unit)
    page = {"page": str(served.pk), "policy": served.policy, "items": items, "ended": bool(last)}
    return page, keep(viewer, scroll, ranking, left)


def _units(
    viewer: User, past: History, placed: list[Placed], shown: dict[int, Card], last: Arm | None
) -> tuple[Drawn, list[tuple[int, Card]]]:
    """What was drawn, and what stands on the page besides posts, and where."""
    nudge, card = Drawn(), None
    if last != Arm.TAKE_A_BREAK:
        nudge, card = invite(viewer, past, placed, shown)
    units = [(services.PLACE, card)] if card else []
    return nudge, [*units, (len(placed) + len(units), end(last))] if last else units


def _last(viewer: User, past: History, seen: Flags, placed: list[Placed]) -> Arm | None:
    """Why the feed ends with this page, if it does: enough for a young person, or nothing new."""
    if ends(viewer, past, HOME, len(placed)):
        return Arm.TAKE_A_BREAK
    return Arm.CAUGHT_UP if placed and seen.all() else None


def _show(
    viewer: User, ranking: Ranking, number: int, size: int
) -> tuple[Ranking, list[Placed], dict[int, Card]]:
    """Compose a page of what may still be seen: asked again now, filled up from what is left."""
    placed = slate(ranking, size, number)
    shown = by_id(viewer, [place.item for place in placed])
    if len(shown) < len(placed):
        ranking = ranking.without(_gone(viewer, ranking))
        placed = slate(ranking, size, number)
        shown |= by_id(viewer, {place.item for place in placed} - shown.keys())
    return ranking, [place for place in placed if place.item in shown], shown


def _gone(viewer: User, ranking: Ranking) -> np.ndarray:
    items = ranking.item.tolist()
    visible = Post.objects.listed_for(viewer).filter(pk__in=items).values_list("pk", flat=True)
    return np.setdiff1d(ranking.item, np.fromiter(visible, np.int64))

"""Home: gathered, sifted, ranked and shown."""

from __future__ import annotations

import logging
import random

import numpy as np
from django.core.cache import cache
from django.utils.timezone import now

from feed.cards import Card, by_id
from feed.catalog import STORE
from feed.filters import sift
from feed.invitations import invitation, invite
from feed.models import Post
from feed.sources import gather, meet
from feed.timeline import SIZE, Page, Position, by_time, item, open_to
from ranking import services
from ranking.services import HOME, History, history, slate
from ranking.types import Placed, Ranking
from sora_social.users.models import User

log = logging.getLogger(__name__)
KEPT_S = 1800  # how long one may scroll on in a ranking
FALLBACK = "fallback-1"


def home(
    viewer: User, position: Position = None, size: int = SIZE, session: str = ""
) -> tuple[Page, Position]:
    """What is likeliest to make the viewer create; by time alone when it cannot be ranked."""
    past = history(viewer.pk, now(), session)
    if position and position[0] == "time":
        return by_time(viewer, past, HOME, open_to(viewer), position, size, FALLBACK)
    try:
        ranking, number = _continue(viewer, position) or (_begin(viewer, past), 0)
    except Exception:
        log.exception("home could not be ranked")
        ranking, number = None, 0
    if ranking is None or not len(ranking):
        return by_time(viewer, past, HOME, open_to(viewer), None, size, FALLBACK)
    return _ranked(viewer, past, ranking, number, size)


def _begin(viewer: User, past: History) -> Ranking:
    """Score everything that comes into question, once for all pages to come."""
    segments = STORE.segments()
    moment = past.moment.timestamp()
    known = meet(viewer, past, segments)
    found = sift(known, gather(known, segments, moment))
    return services.rank(known, found, moment, random.getrandbits(62), services.current())


def _continue(viewer: User, position: Position) -> tuple[Ranking, int] | None:
    """What earlier pages left of a ranking; None when it has been forgotten."""
    if position is None:
        return None
    _, seed, number = position
    ranking: Ranking | None = cache.get(_key(viewer, seed, number))
    return ranking and (ranking, number)


def _key(viewer: User, seed: int, number: int) -> str:
    return f"ranking:{viewer.pk}:{seed}:{number}"


def _ranked(
    viewer: User, past: History, ranking: Ranking, number: int, size: int
) -> tuple[Page, Position]:
    ranking, placed, shown = _show(viewer, ranking, number, size)
    nudge = invite(viewer, past, placed)
    served = services.log_page(
        viewer.pk, past.session, HOME, placed, ranking.policy, nudge,
        services.found_of(ranking, placed),
    )  # fmt: skip
    items = [item(shown[place.item], place) for place in placed]
    if nudge.text:
        items.insert(services.PLACE, invitation(nudge, placed, shown))
    left = ranking.without(np.array([place.item for place in placed], np.int64))
    page = {"page": str(served.pk), "policy": served.policy, "items": items}
    return page, _keep(viewer, left, number + 1)


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


def _keep(viewer: User, left: Ranking, number: int) -> Position:
    if not len(left):
        return None
    cache.set(_key(viewer, left.seed, number), left, KEPT_S)
    return ["rank", left.seed, number]

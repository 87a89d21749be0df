"""Lists of posts by time, the newest first, logged like every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import now

from feed.cards import Card, by_id
from feed.endings import end, ends
from feed.models import Post, PostAudience
from feed.states import PostState
from generation.models import CameoUse, CharacterUse
from ranking import services
from ranking.services import History, history, why
from ranking.types import Arm, Placed, Slot
from sora_social.users.models import Follow, User

SIZE = 20
SPARE, MOST = 4, 500  # asked for beyond a page, in case it may not be seen; at once
LAST = 2**63 - 1
Position = list[Any] | None  # of a cursor
Page = dict[str, Any]
Below = Callable[[int, int], list[int]]  # (id, n): the newest n ids below it


def listing(
    viewer: User, surface: str, posts: QuerySet[Post],
    position: Position = None, size: int = SIZE, session: str = "",
) -> tuple[Page, Position]:  # fmt: skip
    """Posts by time, the newest first: latest, following, a profile, the remixes of a post."""
    past = history(viewer.pk, now(), session)
    return by_time(viewer, past, surface, posts, position, size)


def by_time(
    viewer: User, past: History, surface: str, posts: QuerySet[Post],
    position: Position, size: int, policy: str = services.PLAIN,
) -> tuple[Page, Position]:  # fmt: skip
    """Newest first below the position; logged like every page."""
    below = position[1] if position else LAST
    found = visible(viewer, partial(newest, posts), below, size + 1)
    return as_page(viewer, past, surface, list(islice(found, size + 1)), size, policy)


def visible(
    viewer: User,
    newest: Below,
    below: int,
    wanted: int,
    keep: Callable[[list[int]], list[int]] = list,
) -> Iterator[Card]:
    """Cards of what the viewer may see of a list, and `keep` keeps, filled up from what lies below
    as long as there is any. Leave is asked of few posts at a time, never within a list's own SQL:
    there PostgreSQL takes longer to plan the question than to answer it."""
    count = wanted + SPARE
    while ids := newest(below, count):
        shown = by_id(viewer, keep(ids))
        yield from (shown[pk] for pk in ids if pk in shown)
        below, count = ids[-1], min(2 * count, MOST)


def newest(posts: QuerySet[Post], below: int, count: int) -> list[int]:
    """At most so many of their ids below one, the newest first."""
    return list(posts.filter(pk__lt=below).order_by("-pk").values_list("pk", flat=True)[:count])


def as_page(
    viewer: User, past: History, surface: str, found: list[Card], size: int, policy: str
) -> tuple[Page, Position]:
    """A page of the first cards, logged; there is another one when more were found."""
    placed = [plain(card, surface) for card in found[:size]]
    ended = ends(viewer, past, surface, len(placed))
    served = services.log_page(viewer.pk, past.session, surface, placed, policy)
    items = [item(card, place) for card, place in zip(found, placed, strict=False)]
    items += [end(Arm.TAKE_A_BREAK)] if ended else []
    page = {"page": str(served.pk), "policy": served.policy, "items": items, "ended": ended}
    return page, ["time", placed[-1].item] if len(found) > size else None


def plain(card: Card, surface: str) -> Placed:
    """A place that nothing but time has given."""
    return Placed(int(card["id"]), 0, surface, Slot.PLAIN, 1.0, 0.0, [])


def item(card: Card, place: Placed) -> dict[str, Any]:
    """A post in a list, and why it stands there."""
    return {"kind": "post", **card, "why": why(place.source, place.slot, place.terms)}


# --- what they are of; whether it may be seen is asked when it is shown ---------------------------


def public() -> QuerySet[Post]:
    """Everything public."""
    return _live().filter(audience=PostAudience.PUBLIC)


def followed(viewer: User) -> QuerySet[Post]:
    """What the people one follows posted."""
    return _live().filter(author__in=_followees(viewer))


def by_friends(viewer: User) -> QuerySet[Post]:
    """What those posted whom one follows and who follow back."""
    return _live().filter(author__in=User.objects.mutuals_of(viewer))


def with_me(viewer: User) -> QuerySet[Post]:
    """Where one's likeness is in it, or a character of one's own."""
    of_job = {"job": OuterRef("output__job")}
    cameos = CameoUse.objects.filter(cameo__owner=viewer.pk, **of_job)
    characters = CharacterUse.objects.filter(character__owner=viewer.pk, **of_job)
    return _live().filter(Exists(cameos) | Exists(characters))


def _live() -> QuerySet[Post]:
    return Post.objects.filter(state=PostState.LIVE)


def _followees(viewer: User) -> QuerySet[Follow, int]:
    return Follow.objects.filter(follower=viewer.pk).values_list("followed", flat=True)

"""Posts as every list shows them: what may change is asked at each sight, the rest is remembered.

Whether a post may be seen, by whose leave it stands there, its words and its counters come from one
prepared question. What its video is never changes, and is kept for a minute.
"""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from cameos.models import Character
from feed.models import Like, Post, PostAudience
from generation import media
from generation.models import CameoUse, CharacterUse
from sora_social.prepared import Prepared
from sora_social.users.models import User

Card = dict[str, Any]
STILL_S, STILLS = 60.0, 10_000  # how long, and of how many posts what does not change is kept


class Live(NamedTuple):
    """What may change between two sights of a post."""

    id: int
    state: str
    handle: str
    display_name: str
    caption: str
    audience: str
    likes: int
    comments: int
    remixes: int
    depth: int
    parent: int | None
    parent_author: int | None
    parent_audience: str | None
    root: int | None
    root_author: int | None
    root_audience: str | None
    liked: bool
    characters: bool  # it has some
    epoch: int  # sum of the consent epochs of whoever is in it


class Still(NamedTuple):
    """What does not."""

    output: UUID
    job: UUID
    prompt: str
    renditions: list[str]
    width: int
    height: int
    seconds: float
    made_at: datetime
    cameos: list[dict[str, str]]


_LIVE = (
    "pk", "state", "author__handle", "author__display_name", "caption", "audience", "likes",
    "comments", "remixes", "depth", "parent_id", "parent__author_id", "parent__audience",
    "root_id", "root__author_id", "root__audience",
)  # fmt: skip
_STILL = (
    "pk", "output_id", "output__job_id", "output__job__prompt", "output__renditions",
    "output__width", "output__height", "output__seconds", "made_at",
)  # fmt: skip


def cards(viewer: User, posts: QuerySet[Post]) -> list[Card]:
    """The posts, in their order, as the viewer may see them."""
    ids = list(posts.values_list("pk", flat=True))
    found = _shown(viewer, ANY.rows(viewer.pk, ids))
    return [found[pk] for pk in ids if pk in found]


def by_id(viewer: User, ids: Iterable[int]) -> dict[int, Card]:
    """Cards of those of the posts that may stand in the viewer's lists at this moment."""
    return _shown(viewer, LISTED.rows(viewer.pk, list(ids)))


def _shown(viewer: User, rows: Sequence[Sequence[Any]]) -> dict[int, Card]:
    live = [Live(*row) for row in rows]
    stills = _stills(live)
    found = [one for one in live if one.id in stills]  # unless it was deleted meanwhile
    characters = _characters(viewer, [stills[one.id].job for one in found if one.characters])
    return {one.id: _card(viewer, one, stills[one.id], characters) for one in found}


# --- what is asked -------------------------------------------------------------------------------


def _listed(person: int, ids: list[int]) -> QuerySet[Post, Any]:
    return _live(person, Post.objects.listed_for(User(pk=person)).filter(pk__in=ids))


def _any(person: int, ids: list[int]) -> QuerySet[Post, Any]:
    return _live(person, Post.objects.filter(pk__in=ids))


def _live(person: int, posts: QuerySet[Post]) -> QuerySet[Post, Any]:
    liked = Like.objects.filter(person=person, post=OuterRef("pk"))
    job = {"job": OuterRef("output__job")}
    total = CameoUse.objects.filter(**job).order_by().values("job").annotate(Sum("cameo__epoch"))
    return posts.values_list(
        *_LIVE, Exists(liked), Exists(CharacterUse.objects.filter(**job)),
        Coalesce(Subquery(total.values("cameo__epoch__sum")), 0),
    )  # fmt: skip


def _still(person: int, ids: list[int]) -> QuerySet[Post, Any]:
    return Post.objects.filter(pk__in=ids).values_list(*_STILL)


def _cast(person: int, ids: list[int]) -> QuerySet[CameoUse, Any]:
    uses = CameoUse.objects.filter(job__outputs__post__pk__in=ids)
    return uses.order_by("position").values_list(F("job__outputs__post"), "cameo__handle")


LISTED, ANY, STILL, CAST = map(Prepared, (_listed, _any, _still, _cast))


def _characters(viewer: User, jobs: Sequence[UUID]) -> dict[UUID, list[dict[str, str]]]:
    """The handles of those that the viewer may use: of others nobody need know."""
    known = defaultdict[UUID, list[dict[str, str]]](list)
    if not jobs:
        return known
    uses = CharacterUse.objects.filter(character__in=Character.objects.usable_by(viewer))
    named = uses.filter(job__in=jobs).order_by("position")
    for job, handle in named.values_list("job", "character__handle"):
        known[job].append({"handle": handle})
    return known


# --- what is kept --------------------------------------------------------------------------------

_kept: OrderedDict[tuple[int, int], tuple[float, Still]] = OrderedDict()


def _stills(found: Sequence[Live]) -> dict[int, Still]:
    """Kept by post and consent epoch: who is in it goes with the leave they gave."""
    moment, stills = time.monotonic(), {}
    for one in found:
        since, still = _kept.get((one.id, one.epoch), (0.0, None))
        if still and moment - since < STILL_S:
            stills[one.id] = still
    read = _read([one.id for one in found if one.id not in stills])
    for one in found:
        if one.id in read:
            stills[one.id] = read[one.id]
            _kept[one.id, one.epoch] = (moment, read[one.id])
    while len(_kept) > STILLS:
        _kept.popitem(last=False)
    return stills


def _read(ids: list[int]) -> dict[int, Still]:
    cast = defaultdict[int, list[dict[str, str]]](list)
    for pk, handle in CAST.rows(0, ids):
        if handle:
            cast[pk].append({"handle": handle})
    return {pk: Still(*told, cameos=cast[pk]) for pk, *told in STILL.rows(0, ids)}


# --- what is shown -------------------------------------------------------------------------------


def _card(
    viewer: User, one: Live, still: Still, characters: dict[UUID, list[dict[str, str]]]
) -> Card:
    return {
        "id": str(one.id),
        "state": one.state,
        "author": {"handle": one.handle, "display_name": one.display_name},
        "caption": one.caption,
        "prompt": still.prompt,
        "cameos": still.cameos,
        "media": media.urls_for(still.output, one.epoch, viewer.pk, still.renditions),
        "width": still.width,
        "height": still.height,
        "seconds": still.seconds,
        "counters": {"likes": one.likes, "comments": one.comments, "remixes": one.remixes},
        "liked": one.liked,
        "parent": _relative(viewer, one.parent, one.parent_author, one.parent_audience),
        "root": _relative(viewer, one.root, one.root_author, one.root_audience),
        "depth": one.depth,
        "audience": one.audience,
        "made_at": still.made_at,
        "characters": characters[still.job],
    }


def _relative(viewer: User, pk: int | None, author: int | None, audience: str | None) -> str | None:
    """The id of an ancestor; not of one that is seen by its link alone, for the id is the link."""
    if pk is None or (audience == PostAudience.UNLISTED and author != viewer.pk):
        return None
    return str(pk)


def before(posts: QuerySet[Post], newest: int | None) -> QuerySet[Post]:
    """Newest first, below an id when one is given."""
    return posts.filter(Q(pk__lt=newest) if newest else Q()).order_by("-pk")

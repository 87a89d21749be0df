"""Posts as every list shows them: one prepared question for a page of any size.

It says at once whether a post may be seen at this moment, by whose leave it stands there, and all
that is shown of it. Nothing of it is kept, so nothing that went dark can be shown.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Aggregate, Exists, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Concat

from cameos.models import Character
from feed.models import Like, Post, PostAudience
from generation import media
from generation.models import CameoUse, CharacterUse
from sora_social.prepared import Prepared
from sora_social.users.models import User

Card = dict[str, Any]


class Joined(Aggregate):
    """Texts of a group in one, with spaces between them."""

    function, template = "STRING_AGG", "%(function)s(%(expressions)s, ' ')"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **said: Any) -> Any:
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **said)


class Shown(NamedTuple):
    """A post as it is read, and what the viewer has to do with it."""

    id: int
    state: str
    handle: str
    display_name: str
    caption: str
    audience: str
    made_at: datetime
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
    output: UUID
    width: int
    height: int
    seconds: float
    job: UUID
    prompt: str
    renditions: str
    liked: bool
    characters: bool  # it has some
    cast: str | None  # of whoever is in it: place, consent epoch, handle; None: nobody


_COLUMNS = (
    "pk", "state", "author__handle", "author__display_name", "caption", "audience", "made_at",
    "likes", "comments", "remixes", "depth",
    "parent_id", "parent__author_id", "parent__audience",
    "root_id", "root__author_id", "root__audience",
    "output_id", "output__width", "output__height", "output__seconds",
    "output__job_id", "output__job__prompt",
)  # fmt: skip


def cards(viewer: User, posts: QuerySet[Post]) -> list[Card]:
    """The posts, in their order, as the viewer may see them."""
    ids = list(posts.values_list("pk", flat=True))
    found = _shown(viewer, ANY.rows(viewer.pk, ids))
    return [found[pk] for pk in ids if pk in found]


def by_id(viewer: User, ids: Iterable[int], among: Prepared | None = None) -> dict[int, Card]:
    """Cards of those of the posts that may stand in the viewer's lists at this moment."""
    return _shown(viewer, (among or LISTED).rows(viewer.pk, list(ids)))


def _shown(viewer: User, rows: Sequence[Sequence[Any]]) -> dict[int, Card]:
    found = list(map(Shown._make, rows))
    characters = _characters(viewer, [one.job for one in found if one.characters])
    addresses = media.Addresses(viewer.pk)
    return {one.id: _card(viewer, one, _cast(one.cast), characters, addresses) for one in found}


# --- what is asked -------------------------------------------------------------------------------


def _listed(person: int, ids: list[int]) -> QuerySet[Post, Any]:
    return with_all(person, Post.objects.listed_for(User(pk=person)).filter(pk__in=ids))


def _any(person: int, ids: list[int]) -> QuerySet[Post, Any]:
    return with_all(person, Post.objects.filter(pk__in=ids))


def with_all(person: int, posts: QuerySet[Post]) -> QuerySet[Post, Any]:
    """The columns of `Shown`."""
    liked = Like.objects.filter(person=person, post=OuterRef("pk"))
    job = {"job": OuterRef("output__job")}
    cast = CameoUse.objects.filter(cameo__isnull=False, **job).order_by().values("job")
    colon = Value(":", TextField())
    place, epoch, handle = (
        Cast(name, TextField()) for name in ("position", "cameo__epoch", "cameo__handle")
    )
    said = Concat(place, colon, epoch, colon, handle)
    return posts.values_list(
        *_COLUMNS, Cast("output__renditions", TextField()),
        Exists(liked), Exists(CharacterUse.objects.filter(**job)),
        Subquery(cast.values(said=Joined(said))),
    )  # fmt: skip


LISTED, ANY = map(Prepared, (_listed, _any))


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


# --- what is shown -------------------------------------------------------------------------------


def _card(
    viewer: User, one: Shown, cast: Sequence[tuple[int, int, str]],
    characters: dict[UUID, list[dict[str, str]]], addresses: media.Addresses,
) -> Card:  # fmt: skip
    epoch = sum(epoch for _, epoch, _ in cast)
    return {
        "id": str(one.id),
        "state": one.state,
        "author": {"handle": one.handle, "display_name": one.display_name},
        "caption": one.caption,
        "prompt": one.prompt,
        "cameos": [{"handle": handle} for _, _, handle in cast if handle],
        "media": addresses.of(one.output, epoch, _list(one.renditions)),
        "width": one.width,
        "height": one.height,
        "seconds": one.seconds,
        "counters": {"likes": one.likes, "comments": one.comments, "remixes": one.remixes},
        "liked": one.liked,
        "parent": _relative(viewer, one.parent, one.parent_author, one.parent_audience),
        "root": _relative(viewer, one.root, one.root_author, one.root_audience),
        "depth": one.depth,
        "ai_generated": True,
        "audience": one.audience,
        "made_at": one.made_at,
        "characters": characters.get(one.job, []),
    }


def _cast(told: str | None) -> list[tuple[int, int, str]]:
    """(place, consent epoch, handle) of whoever is in it, in their order."""
    if not told:
        return []
    parts = (one.split(":") for one in told.split())
    return sorted((int(place), int(epoch), handle) for place, epoch, handle in parts)


@lru_cache(256)
def _list(told: str) -> tuple[str, ...]:
    """What most outputs say alike is read once."""
    return tuple(json.loads(told))


def _relative(viewer: User, pk: int | None, author: int | None, audience: str | None) -> str | None:
    """The id of an ancestor; not of one that is seen by its link alone, for the id is the link."""
    if pk is None or (audience == PostAudience.UNLISTED and author != viewer.pk):
        return None
    return str(pk)

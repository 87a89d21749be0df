"""Posts as every list shows them: four queries for a page of any size, no model instances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from cameos.models import Character
from feed.models import Like, Post, PostAudience
from generation import media
from generation.models import CameoUse, CharacterUse
from sora_social.users.models import User

Card = dict[str, Any]
Use = tuple[str | None, int]  # the handle of a cameo, and its consent epoch
_COLUMNS = {
    "id": "pk",
    "state": "state",
    "handle": "author__handle",
    "display_name": "author__display_name",
    "caption": "caption",
    "audience": "audience",
    "made_at": "made_at",
    "likes": "likes",
    "comments": "comments",
    "remixes": "remixes",
    "depth": "depth",
    "parent": "parent_id",
    "parent_author": "parent__author_id",
    "parent_audience": "parent__audience",
    "root": "root_id",
    "root_author": "root__author_id",
    "root_audience": "root__audience",
    "output": "output_id",
    "renditions": "output__renditions",
    "width": "output__width",
    "height": "output__height",
    "seconds": "output__seconds",
    "job": "output__job_id",
    "prompt": "output__job__prompt",
}


def cards(viewer: User, posts: QuerySet[Post]) -> list[Card]:
    """The posts, in their order, as the viewer may see them."""
    rows = [
        dict(zip(_COLUMNS, values, strict=True)) for values in posts.values_list(*_COLUMNS.values())
    ]
    jobs = [row["job"] for row in rows]
    used, characters = _cameos(jobs), _characters(viewer, jobs)
    liked = _liked(viewer, [row["id"] for row in rows])
    return [
        _card(viewer, row, used[row["job"]], row["id"] in liked)
        | {"characters": characters[row["job"]]}
        for row in rows
    ]


def by_id(viewer: User, ids: Iterable[int]) -> dict[int, Card]:
    """Cards of those of the posts that may stand in the viewer's lists at this moment."""
    found = cards(viewer, Post.objects.listed_for(viewer).filter(pk__in=list(ids)))
    return {int(card["id"]): card for card in found}


def _cameos(jobs: Iterable[UUID]) -> dict[UUID, list[Use]]:
    used = defaultdict(list)
    uses = CameoUse.objects.filter(job__in=list(jobs)).order_by("position")
    for job, handle, epoch in uses.values_list("job", "cameo__handle", "cameo__epoch"):
        used[job].append((handle, epoch or 0))
    return used


def _characters(viewer: User, jobs: Iterable[UUID]) -> dict[UUID, list[dict[str, str]]]:
    """The handles of those that the viewer may use: of others nobody need know."""
    known = defaultdict(list)
    uses = CharacterUse.objects.filter(character__in=Character.objects.usable_by(viewer))
    named = uses.filter(job__in=list(jobs)).order_by("position")
    for job, handle in named.values_list("job", "character__handle"):
        known[job].append({"handle": handle})
    return known


def _liked(viewer: User, ids: list[int]) -> set[int]:
    likes = Like.objects.filter(person=viewer.pk, post__in=ids)
    return set(likes.values_list("post", flat=True))


def _card(viewer: User, row: dict[str, Any], used: list[Use], liked: bool) -> Card:
    epoch = sum(epoch for _, epoch in used)
    return {
        "id": str(row["id"]),
        "state": row["state"],
        "author": {"handle": row["handle"], "display_name": row["display_name"]},
        "caption": row["caption"],
        "prompt": row["prompt"],
        "cameos": [{"handle": handle} for handle, _ in used if handle],
        "media": media.urls_for(row["output"], epoch, viewer.pk, row["renditions"]),
        "width": row["width"],
        "height": row["height"],
        "seconds": row["seconds"],
        "counters": {name: row[name] for name in ("likes", "comments", "remixes")},
        "liked": liked,
        "parent": _relative(viewer, row, "parent"),
        "root": _relative(viewer, row, "root"),
        "depth": row["depth"],
        "audience": row["audience"],
        "made_at": row["made_at"],
    }


def _relative(viewer: User, row: dict[str, Any], name: str) -> str | None:
    """The id of an ancestor; not of one that is seen by its link alone, for the id is the link."""
    secret = row[f"{name}_audience"] == PostAudience.UNLISTED
    if row[name] is None or (secret and row[f"{name}_author"] != viewer.pk):
        return None
    return str(row[name])


def before(posts: QuerySet[Post], newest: int | None) -> QuerySet[Post]:
    """Newest first, below an id when one is given."""
    return posts.filter(Q(pk__lt=newest) if newest else Q()).order_by("-pk")

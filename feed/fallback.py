"""Home without a ranking: what the followed and the public posted, by time alone.

Asked so that it stays quick among a million posts: the newest few of everybody one follows, author
by author, which takes PostgreSQL's LATERAL. Who may see what is asked when it is shown.
"""

from __future__ import annotations

from functools import partial
from itertools import islice

from django.db import connection
from django.db.models import Q
from django.utils.timezone import now

from feed.models import Post, PostAudience
from feed.states import PostState
from feed.steered import without_unwanted
from feed.timeline import LAST, Page, Position, as_page, visible
from ranking.services import HOME, Chosen, History
from sora_social.users.models import Follow, User
from sora_social.users.relations import RELATIONS

POLICY = "fallback-1"
LATERAL = f"""
    select id from (
        (select x.id from {Follow._meta.db_table} f cross join lateral (
            select id from {Post._meta.db_table} where author_id = f.followed_id and id < %(below)s
            order by id desc limit %(count)s) x
        where f.follower_id = %(viewer)s order by x.id desc limit %(count)s)
        union
        (select id from {Post._meta.db_table} where id < %(below)s and state = '{PostState.LIVE}'
            and audience = '{PostAudience.PUBLIC}' and author_id <> %(viewer)s
        order by id desc limit %(count)s)
    ) newest order by id desc limit %(count)s"""


def by_time(
    viewer: User, past: History, chosen: Chosen, position: Position, size: int
) -> tuple[Page, Position]:
    """The newest first below the position; the page says by its policy that it was not ranked."""
    below = position[1] if position else LAST
    found = visible(
        viewer, partial(newest, viewer), below, size + 1, lambda ids: _wanted(ids, chosen)
    )
    return as_page(viewer, past, HOME, list(islice(found, size + 1)), size, POLICY)


def _wanted(ids: list[int], chosen: Chosen) -> list[int]:
    """All but what the viewer said they want less or nothing of."""
    posts = without_unwanted(Post.objects.filter(pk__in=ids), chosen, now().timestamp())
    return list(posts.values_list("pk", flat=True))


def newest(viewer: User, below: int, count: int) -> list[int]:
    """At most so many ids below one, the newest first, by the followed and of the public."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(LATERAL, {"viewer": viewer.pk, "below": below, "count": count})
            return [pk for (pk,) in cursor.fetchall()]
    followed = RELATIONS.of(viewer.pk).followed.tolist()
    open_ = Q(audience=PostAudience.PUBLIC) | Q(author__in=followed)
    posts = Post.objects.filter(open_, pk__lt=below, state=PostState.LIVE)
    others = posts.exclude(author=viewer.pk).order_by("-pk")
    return list(others.values_list("pk", flat=True)[:count])

"""Finding people, and how they stand to the one who looks."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from sora_social.errors import NotFound
from sora_social.users.models import HANDLE, Block, Follow, User


def find(people: QuerySet[User], handle: str) -> User:
    """The person of this handle among `people`. Raises NotFound."""
    handle = handle.lower()
    person = people.filter(handle=handle).first() if HANDLE.regex.match(handle) else None
    if person is None:
        raise NotFound()
    return person


def seen_by(viewer: User) -> QuerySet[User]:
    """People who have not blocked the viewer, with counts and the relation, in one query."""
    here, me = OuterRef("pk"), viewer.pk
    return User.objects.open_to(viewer).annotate(
        followers=_count(Follow.objects.filter(followed=here), "followed"),
        following=_count(Follow.objects.filter(follower=here), "follower"),
        is_followed=Exists(Follow.objects.filter(follower=me, followed=here)),
        is_follower=Exists(Follow.objects.filter(follower=here, followed=me)),
        is_blocked=Exists(Block.objects.filter(blocker=me, blocked=here)),
    )


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def named_like(viewer: User, text: str) -> QuerySet[User]:
    """People whose handle or name begins so, in the order of their handles."""
    begins = Q(handle__startswith=text.lower().removeprefix("@"))
    found = User.objects.visible_to(viewer).filter(begins | Q(display_name__istartswith=text))
    return found.order_by("handle")


def followers_of(person: User, viewer: User) -> QuerySet[Follow]:
    shown = User.objects.visible_to(viewer)
    rows = Follow.objects.filter(followed=person, follower__in=shown)
    return rows.select_related("follower")


def followed_by(person: User, viewer: User) -> QuerySet[Follow]:
    shown = User.objects.visible_to(viewer)
    rows = Follow.objects.filter(follower=person, followed__in=shown)
    return rows.select_related("followed")


def mutuals_of(person: User) -> QuerySet[Follow]:
    """The person's own follows that are answered."""
    answer = Follow.objects.filter(follower=OuterRef("followed"), followed=person)
    return followed_by(person, person).filter(Exists(answer))

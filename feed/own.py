"""A person's own in here, for their export, and what stays together when they leave."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F

from feed.models import Post
from feed.services import one_remix_less
from feed.states import PostState
from ranking import services as ranking
from sora_social.users.export import as_json
from sora_social.users.models import User


def personal_data(user: User) -> Iterator[tuple[str, bytes | str]]:
    """Parts of a person's export: posts, likes, comments, and what they were served and did."""
    said = ("pk", "state", "caption", "audience", "made_at", "parent", "output")
    yield "feed/posts.json", as_json(list(user.posts.order_by("pk").values(*said)))
    yield "feed/likes.json", as_json(list(user.likes.order_by("pk").values("post", "made_at")))
    comments = user.comments.order_by("pk").values("post", "text", "made_at")
    yield "feed/comments.json", as_json(list(comments))
    yield "feed/served.json", as_json(list(ranking.personal_data(user.pk)))
    yield "feed/choices.json", as_json(ranking.chosen_data(user.pk))


def forget(user: User) -> None:
    """Counters without the person, and trees that stay together without the person's posts."""
    _uncount_likes(user)
    _uncount_comments(user)
    for root in user.posts.filter(root=None, tree__isnull=False).distinct():
        _replant(root)
    for post in user.posts.exclude(parent=None).exclude(state=PostState.REMOVED):
        one_remix_less(post)
    user.posts.all().delete()


def _uncount_likes(user: User) -> None:
    Post.objects.filter(pk__in=user.likes.values("post")).update(likes=F("likes") - 1)
    user.likes.all().delete()


def _uncount_comments(user: User) -> None:
    for post in user.comments.values_list("post", flat=True):
        Post.objects.filter(pk=post).update(comments=F("comments") - 1)
    user.comments.all().delete()


def _replant(root: Post) -> None:
    """The oldest remix by somebody else becomes the root of those that stay."""
    staying = Post.objects.filter(root=root).exclude(author=root.author_id).order_by("pk")
    if heir := staying.first():
        staying.exclude(pk=heir.pk).update(root=heir)
        Post.objects.filter(pk=heir.pk).update(root=None)

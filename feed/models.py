"""Posts, the remix tree they form, and what people do with them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import now

from feed.states import POST_MOVES, PostState
from generation.models import Output
from sora_social.ids import snowflake, uuid7
from sora_social.moderation.models import Subject, Takedown
from sora_social.states import Stateful
from sora_social.users.models import Follow, User


class PostAudience(models.TextChoices):
    PUBLIC = "public"
    FOLLOWERS = "followers"
    UNLISTED = "unlisted"  # whoever has the link


class PostQuerySet(models.QuerySet["Post"]):
    def cleared(self) -> PostQuerySet:
        """Posts that may reach anybody now: consented, and neither they nor their video down."""
        return self.filter(output__in=Output.objects.cleared()).exclude(
            down_id__in=Takedown.objects.of(Subject.POST)
        )

    def visible_to(self, viewer: User) -> PostQuerySet:
        """What the viewer may open by its address at this moment; consent is asked live."""
        follows = Follow.objects.filter(follower=viewer.pk, followed=OuterRef("author"))
        return (
            self.cleared()
            .filter(author__in=User.objects.visible_to(viewer))
            .filter(
                Q(author=viewer.pk, state__in=[PostState.LIVE, PostState.HIDDEN])
                | Q(state=PostState.LIVE, audience__in=[PostAudience.PUBLIC, PostAudience.UNLISTED])
                | Q(state=PostState.LIVE, audience=PostAudience.FOLLOWERS) & Q(Exists(follows))
            )
        )

    def listed_for(self, viewer: User) -> PostQuerySet:
        """What may stand in the viewer's lists: visible, and not merely by link."""
        return self.visible_to(viewer).exclude(~Q(author=viewer.pk), audience=PostAudience.UNLISTED)


class Post(Stateful):
    """An output shown to others. `root` and `depth` place it in its remix tree."""

    moves: ClassVar = POST_MOVES
    id = models.BigIntegerField(primary_key=True, default=snowflake, editable=False)
    state = models.CharField(
        max_length=12, choices=PostState, default=PostState.DRAFT, editable=False
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="posts")
    output = models.OneToOneField(Output, models.CASCADE, related_name="post")
    caption = models.CharField(max_length=500, blank=True)
    audience = models.CharField(max_length=10, choices=PostAudience, default=PostAudience.PUBLIC)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="children")
    root = models.ForeignKey("self", models.SET_NULL, null=True, related_name="tree")
    depth = models.PositiveIntegerField(default=0)
    down_id = models.CharField(max_length=40, editable=False, db_index=True)  # its id as text
    made_at = models.DateTimeField(default=now)
    likes = models.PositiveIntegerField(default=0)
    comments = models.PositiveIntegerField(default=0)
    remixes = models.PositiveIntegerField(default=0)
    impressions = models.PositiveIntegerField(default=0)

    objects = PostQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["author", "-id"], name="post_by_author"),
            models.Index(fields=["root", "id"], name="post_by_root"),
            models.Index(
                fields=["-id"],
                name="post_live_public",
                condition=Q(state=PostState.LIVE, audience=PostAudience.PUBLIC),
            ),
        ]


class Like(models.Model):
    post = models.ForeignKey(Post, models.CASCADE, related_name="liked")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="likes")
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "person"], name="like_once")]


class CommentQuerySet(models.QuerySet["Comment"]):
    def visible_to(self, viewer: User) -> CommentQuerySet:
        """Comments by people who exist for the viewer, and that are not down."""
        return self.filter(author__in=User.objects.visible_to(viewer)).exclude(
            down_id__in=Takedown.objects.of(Subject.COMMENT)
        )

    def removable_by(self, person: User) -> CommentQuerySet:
        """One's own, and those under one's own posts."""
        return self.filter(Q(author=person.pk) | Q(post__author=person.pk))


class Comment(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post = models.ForeignKey(Post, models.CASCADE, related_name="commented")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="comments")
    text = models.CharField(max_length=500)
    down_id = models.CharField(max_length=40, editable=False, db_index=True)  # its id as text
    made_at = models.DateTimeField(default=now)

    objects = CommentQuerySet.as_manager()

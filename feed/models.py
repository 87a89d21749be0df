"""Posts, the remix tree they form, and what people do with them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.timezone import now

from cameos.states import Surface, bits
from feed.states import POST_MOVES, PostState
from generation.models import CharacterUse, Output, refused_uses
from sora_social.ids import snowflake, uuid7
from sora_social.moderation.models import Subject, Takedown
from sora_social.states import Stateful
from sora_social.there_is import ThereIs
from sora_social.users.models import Follow, User


class PostAudience(models.TextChoices):
    PUBLIC = "public"
    FOLLOWERS = "followers"
    UNLISTED = "unlisted"  # whoever has the link


SURFACES = {  # whose link it is, whoever has it may see
    PostAudience.PUBLIC: Surface.PUBLIC,
    PostAudience.UNLISTED: Surface.PUBLIC,
    PostAudience.FOLLOWERS: Surface.FOLLOWERS,
}
FOLLOWERS, PUBLIC = (
    Value(bits([surface], Surface)) for surface in (Surface.FOLLOWERS, Surface.PUBLIC)
)


class PostQuerySet(models.QuerySet["Post"]):
    def cleared(self) -> PostQuerySet:
        """Posts that may reach anybody now: everyone in them gives leave for where they stand, and
        neither they nor their video nor a character in it are down."""
        return (
            self.exclude(ThereIs(refused_uses, F("output__job"), _surface()))
            .exclude(Exists(CharacterUse.objects.down().filter(job=OuterRef("output__job"))))
            .exclude(output__down_id__in=Takedown.objects.of(Subject.OUTPUT))
            .exclude(down_id__in=Takedown.objects.of(Subject.POST))
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


def _surface() -> Case:
    """Where a post stands, as the bits that leaves are compared with."""
    followers = When(audience=PostAudience.FOLLOWERS, then=FOLLOWERS)
    return Case(followers, default=PUBLIC, output_field=models.IntegerField())


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
    vector = models.BinaryField(max_length=64, default=b"")  # what its words are like
    topics = models.BigIntegerField(default=0, editable=False)  # what they are about, as bits
    template = models.BigIntegerField(default=0, editable=False)  # the prompt, but for who is in it
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

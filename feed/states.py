"""The states of a post."""

from django.db.models import TextChoices


class PostState(TextChoices):
    DRAFT = "draft"
    LIVE = "live"
    HIDDEN = "hidden"
    REMOVED = "removed"


POST_MOVES = {
    PostState.DRAFT: {PostState.LIVE, PostState.REMOVED},
    PostState.LIVE: {PostState.HIDDEN, PostState.REMOVED},
    PostState.HIDDEN: {PostState.LIVE, PostState.REMOVED},
}

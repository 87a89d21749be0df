"""Posts for moderators: to look at, and to take down."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from feed.models import Post
from sora_social.moderation.console import ConsolePage
from sora_social.moderation.models import Subject
from sora_social.moderation.services import take_down

REASON = "Taken down from the list of posts."


@admin.register(Post)
class PostAdmin(ConsolePage):
    list_display = ["id", "author", "caption", "state", "audience", "likes", "remixes", "made_at"]
    list_filter = ["state", "audience"]
    list_select_related = ["author"]
    search_fields = ["=id", "author__handle", "caption"]
    ordering = ["-id"]
    raw_id_fields = ["author", "output", "parent", "root"]
    actions = ["take_down"]

    @admin.action(description="Take down")
    def take_down(self, request: HttpRequest, posts: QuerySet[Post]) -> None:
        self.each(request, posts, lambda p, by: take_down(Subject.POST, p.down_id, by, REASON))

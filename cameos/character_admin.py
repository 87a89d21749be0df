"""Characters on the moderators' console: what each looks like, whose it is, what it adds."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html_join

from cameos.models import Character, CharacterPicture
from sora_social import ranges
from sora_social.moderation.console import ConsolePage

SIDE = 128  # pixels of a picture


@admin.register(Character)
class CharacterAdmin(ConsolePage):
    list_display = ["handle", "pictures", "kind", "state", "audience", "made_at"]
    list_filter = ["state", "kind", "audience"]
    search_fields = ["handle", "owner__handle"]
    ordering = ["-made_at"]
    fields = [
        *("pictures", "handle", "display_name", "owner", "kind", "instructions", "state"),
        *("reasons", "audience", "made_at", "state_changed_at"),
    ]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Character]:
        return super().get_queryset(request).prefetch_related("pictures")

    @admin.display(description="Pictures")
    def pictures(self, character: Character) -> str:
        places = [(_address(picture), SIDE) for picture in character.pictures.all()]
        return format_html_join("", '<img src="{}" width="{}" alt="">', places)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.picture)
        return [path("pictures/<int:pk>/", view, name="character-look"), *super().get_urls()]

    def picture(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """One picture, for moderators."""
        if not self.has_view_permission(request):
            raise Http404
        found = get_object_or_404(CharacterPicture, pk=pk)
        response = ranges.serve(found.key, "image/webp", request)
        response["Cache-Control"] = "private, no-store"
        return response


def _address(picture: CharacterPicture) -> str:
    return reverse("admin:character-look", args=[picture.pk])

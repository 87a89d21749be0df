"""Likenesses and leaves for moderators to look at; they are reviewed as cases."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.html import format_html, format_html_join

from cameos.character_admin import CharacterAdmin
from cameos.exhibits import frame_url, in_words, renewed_urls
from cameos.models import Cameo, Capture, Consent, ReferencePicture, Renewal
from cameos.states import Basis
from sora_social import audit, ranges
from sora_social.moderation.console import ConsolePage

__all__ = ["CameoAdmin", "CharacterAdmin", "ConsentAdmin"]

SIDE = 128  # pixels of a frame in the list


@admin.register(Cameo)
class CameoAdmin(ConsolePage):
    list_display = ["handle", "frames", "doubts", "state", "audience", "state_changed_at"]
    list_filter = ["state", "audience"]
    search_fields = ["handle", "owner__handle"]
    ordering = ["-state_changed_at"]
    fields = [
        "frames",
        "doubts",
        "handle",
        "display_name",
        "owner",
        "state",
        "reason",
        "audience",
        "made_at",
        "state_changed_at",
    ]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cameo]:
        captures = Capture.objects.filter(challenge__cameo=OuterRef("pk"), passed=True)
        last = captures.order_by("-pk").values("doubts")[:1]
        cameos = super().get_queryset(request).prefetch_related("references")
        secret = ("template", "wrapped_key")
        cameos = cameos.select_related("renewal").defer(*secret, *(f"renewal__{s}" for s in secret))
        return cameos.annotate(found=Subquery(last))

    @admin.display(description="Frames")
    def frames(self, cameo: Cameo) -> str:
        shown = [frame_url(picture) for picture in cameo.references.all()]
        places = [(url, SIDE, SIDE) for url in (*shown, *renewed_urls(cameo))]
        row = format_html_join("", '<img src="{}" width="{}" height="{}" alt="">', places)
        return format_html(
            '<div style="display:flex; flex-wrap:wrap; width:{}px">{}</div>', 3 * SIDE, row
        )

    @admin.display(description="Doubts")
    def doubts(self, cameo: Any) -> str:
        return in_words(cameo.found or [])

    def get_urls(self) -> list[Any]:
        frame = path(
            "frames/<uuid:pk>/", self.admin_site.admin_view(self.frame), name="cameo-frame"
        )
        renewed = path(
            "frames/<uuid:pk>/<int:place>/",
            self.admin_site.admin_view(self.renewed_frame),
            name="cameo-renewed-frame",
        )
        return [frame, renewed, *super().get_urls()]

    def frame(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """One reference picture, for moderators; it is recorded who saw it."""
        if not self.has_view_permission(request):
            raise Http404
        picture = get_object_or_404(ReferencePicture, pk=pk)
        seen = {"cameo": str(picture.cameo_id), "position": picture.position}
        audit.record("cameo.seen", request.user.pk, **seen)
        response = ranges.serve(picture.key, "image/webp", request)
        response["Cache-Control"] = "private, no-store"
        return response

    def renewed_frame(self, request: HttpRequest, pk: UUID, place: int) -> HttpResponseBase:
        """One picture of a likeness shown anew, which waits for a moderator."""
        if not self.has_view_permission(request):
            raise Http404
        keys = list(get_object_or_404(Renewal, cameo=pk).pictures)
        if place >= len(keys):
            raise Http404
        if place == 0:
            audit.record("cameo.seen", request.user.pk, cameo=str(pk))
        response = ranges.serve(keys[place], "image/webp", request)
        response["Cache-Control"] = "private, no-store"
        return response


@admin.register(Consent)
class ConsentAdmin(ConsolePage):
    """Who gave whom leave, and when it ended."""

    list_display = ["cameo", "requester", "basis", "state", "made_at", "decided_at", "expires_at"]
    list_filter = ["state", "basis"]
    list_select_related = ["cameo", "requester"]
    search_fields = ["cameo__handle", "requester__handle"]
    ordering = ["-made_at"]
    fields = ["cameo", "requester", "basis", "state", "made_at", "decided_at", "expires_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Consent]:
        return super().get_queryset(request).exclude(basis=Basis.OWN)

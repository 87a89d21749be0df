"""The moderators' queue of likenesses: the frames side by side, words for doubts, yes or no."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from cameos import services
from cameos.models import Cameo, Capture, Consent, ReferencePicture
from cameos.states import Basis
from sora_social import audit, ranges
from sora_social.moderation.console import ConsolePage

DOUBTS = {
    "faces_missing": "no face in some frames",
    "small_face": "small face",
    "blurry": "blurry",
    "weak_identity": "not surely one person throughout",
    "like_another": "looks like another cameo",
    "very_like_another": "looks very much like another cameo",
    "search_incomplete": "could not be compared with every cameo",
}
SIDE = 128  # pixels of a frame in the list


class ReasonForm(ActionForm):
    reason = forms.CharField(
        label="",
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget({"placeholder": "Reason, when you reject"}),
    )


@admin.register(Cameo)
class CameoAdmin(ConsolePage):
    action_form = ReasonForm
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
    actions = ["approve", "reject"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cameo]:
        captures = Capture.objects.filter(challenge__cameo=OuterRef("pk"), passed=True)
        last = captures.order_by("-pk").values("doubts")[:1]
        cameos = super().get_queryset(request).prefetch_related("references")
        return cameos.defer("template", "wrapped_key").annotate(found=Subquery(last))

    @admin.display(description="Frames")
    def frames(self, cameo: Cameo) -> str:
        places = [(_frame_url(picture), SIDE, SIDE) for picture in cameo.references.all()]
        row = format_html_join("", '<img src="{}" width="{}" height="{}" alt="">', places)
        return format_html('<div style="display:flex; width:{}px">{}</div>', 3 * SIDE, row)

    @admin.display(description="Doubts")
    def doubts(self, cameo: Any) -> str:
        words = [DOUBTS.get(doubt, doubt) for doubt in cameo.found or []]
        return format_html("{}", ", ".join(words) or "none")

    @admin.action(description="Approve")
    def approve(self, request: HttpRequest, cameos: QuerySet[Cameo]) -> None:
        self.each(request, cameos, services.approve)

    @admin.action(description="Reject, with the reason")
    def reject(self, request: HttpRequest, cameos: QuerySet[Cameo]) -> None:
        reason = request.POST.get("reason", "")
        self.each(request, cameos, partial(services.reject, reason=reason))

    def get_urls(self) -> list[Any]:
        frame = path(
            "frames/<uuid:pk>/", self.admin_site.admin_view(self.frame), name="cameo-frame"
        )
        return [frame, *super().get_urls()]

    def frame(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """One reference picture, for moderators; of each likeness it is recorded who saw it."""
        if not self.has_view_permission(request):
            raise Http404
        picture = get_object_or_404(ReferencePicture, pk=pk)
        if picture.position == 0:
            audit.record("cameo.seen", request.user.pk, cameo=str(picture.cameo_id))
        response = ranges.serve(picture.key, "image/webp", request)
        response["Cache-Control"] = "private, no-store"
        return response


def _frame_url(picture: ReferencePicture) -> str:
    return reverse("admin:cameo-frame", args=[picture.pk])


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

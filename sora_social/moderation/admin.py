"""The moderators' desk: the queue of cases, and what is down."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from sora_social.moderation import services
from sora_social.moderation.console import ConsolePage, ReadOnlyInline, is_moderator
from sora_social.moderation.models import Case, CaseState, Decision, Report, Takedown


class DecisionForm(forms.ModelForm):
    """The decision on a case one holds, with its reason."""

    decision = forms.ChoiceField(choices=Decision.choices)
    reason = forms.CharField(max_length=500, widget=forms.Textarea)

    class Meta:
        model = Case
        fields = ["decision", "reason"]


class Reports(ReadOnlyInline):
    model = Report
    fields = ["reporter", "reason", "text", "made_at"]


@admin.register(Case)
class CaseAdmin(ConsolePage):
    form = DecisionForm
    inlines = [Reports]
    list_display = ["kind", "subject", "subject_id", "state", "reported", "moderator", "made_at"]
    list_filter = ["state", "kind", "subject"]
    list_select_related = ["moderator"]
    search_fields = ["subject_id"]
    ordering = ["-made_at"]
    readonly_fields = ["kind", "subject", "subject_id", "facts", "state", "moderator", "made_at"]
    fields = [*readonly_fields, "decision", "reason"]
    actions = ["claim", "release"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return super().get_queryset(request).annotate(reported=Count("reports"))

    @admin.display(description="Reports", ordering="reported")
    def reported(self, case: Case) -> int:
        return case.reported

    def has_change_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        """Only the holder of a claimed case sees the form; the list's actions are everybody's."""
        held = obj is None or (obj.state == CaseState.CLAIMED and obj.moderator == request.user)
        return is_moderator(request) and held

    def save_model(self, request: HttpRequest, obj: Case, form: Any, change: bool) -> None:
        chosen = form.cleaned_data
        services.decide(obj, request.user, chosen["decision"], chosen["reason"])

    @admin.action(description="Claim")
    def claim(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        self.each(request, cases, services.claim)

    @admin.action(description="Give back")
    def release(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        self.each(request, cases, services.release)


@admin.register(Takedown)
class TakedownAdmin(ConsolePage):
    list_display = ["subject", "subject_id", "reason", "moderator", "made_at", "lifted_at"]
    list_filter = ["subject", ("lifted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["moderator"]
    search_fields = ["subject_id"]
    ordering = ["-made_at"]
    actions = ["lift"]

    @admin.action(description="Lift")
    def lift(self, request: HttpRequest, downs: QuerySet[Takedown]) -> None:
        self.each(request, downs, services.lift)

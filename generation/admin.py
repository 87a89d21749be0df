"""Jobs for operators to look at. States are moved by services, never here."""

from django import forms
from django.contrib import admin
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from unfold.admin import ModelAdmin

from generation.looking import looked_at
from generation.models import Account, Job, LedgerEntry, Lot, Output, Subscription
from generation.plans import changed, plans
from sora_social import audit
from sora_social.moderation.console import is_moderator


class ReadOnly(ModelAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("id", "author", "state", "task", "tier", "model", "attempt", "losses", "reason")
    list_filter = ("state", "task", "tier", "reason")
    search_fields = ("id", "author__handle")
    list_select_related = ("author",)
    fields = (
        *("id", "author", "state", "stage", "progress", "attempt", "losses", "reason", "cost"),
        *("task", "tier", "model", "still", "loop", "variants"),
        *("width", "height", "seconds", "seed"),
        *("made_at", "state_changed_at", "dispatched_at", "deadline_at", "finished_at"),
    )


@admin.register(Output)
class OutputAdmin(ReadOnly):
    list_display = ("id", "job", "variant", "kind", "width", "height", "seconds", "size")
    search_fields = ("id", "job__author__handle")
    list_select_related = ("job",)
    fields = (
        *("id", "job", "variant", "kind", "sha256", "size", "width", "height", "seconds"),
        "made_at",
    )

    def get_urls(self):
        look = self.admin_site.admin_view(self.frame)
        frame = path("frames/<uuid:pk>/<int:at>/", look, name="output-frame")
        return [frame, *super().get_urls()]

    def frame(self, request, pk, at):
        """The frame at so many milliseconds, for moderators; it is recorded who saw it."""
        if not is_moderator(request):
            raise Http404
        output = get_object_or_404(Output, pk=pk)
        audit.record("output.seen", request.user.pk, output=str(pk), at=at)
        response = HttpResponse(looked_at(output, at / 1000), "image/webp")
        response["Cache-Control"] = "private, no-store"
        return response


@admin.register(Account)
class AccountAdmin(ReadOnly):
    list_display = ("user", "available", "in_lots", "reserved", "spent")
    search_fields = ("user__handle",)
    list_select_related = ("user",)


@admin.register(Lot)
class LotAdmin(ReadOnly):
    list_display = ("account", "amount", "left", "expires_at", "note", "made_at")
    search_fields = ("account__user__handle",)
    list_select_related = ("account__user",)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = ("account", "kind", "amount", "job", "lot", "made_at")
    list_filter = ("kind",)
    list_select_related = ("account__user", "job", "lot")


@admin.register(Subscription)
class SubscriptionAdmin(ModelAdmin):
    """Operators give plans, and end them by a date; who did is recorded."""

    list_display = ("person", "plan", "since", "until")
    list_filter = ("plan",)
    search_fields = ("person__handle",)
    list_select_related = ("person",)
    raw_id_fields = ("person",)

    def get_readonly_fields(self, request, obj=None):
        return ("person",) if obj else ()

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "plan":
            return forms.ChoiceField(choices=[(name, name) for name in plans()])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        changed(obj.person_id)
        audit.record("plan.given", request.user.pk, person=obj.person_id, plan=obj.plan)

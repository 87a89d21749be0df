"""Jobs for operators to look at. States are moved by services, never here."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from generation.models import Account, Job, LedgerEntry, Output


class ReadOnly(ModelAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("id", "author", "state", "task", "tier", "attempt", "losses", "reason")
    list_filter = ("state", "task", "tier", "reason")
    search_fields = ("id", "author__handle")
    list_select_related = ("author",)
    fields = (
        *("id", "author", "state", "stage", "progress", "attempt", "losses", "reason", "cost"),
        *("task", "tier", "still", "loop", "variants", "width", "height", "seconds", "seed"),
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


@admin.register(Account)
class AccountAdmin(ReadOnly):
    list_display = ("user", "available", "reserved", "spent")
    search_fields = ("user__handle",)
    list_select_related = ("user",)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = ("account", "kind", "amount", "job", "made_at")
    list_filter = ("kind",)
    list_select_related = ("account__user", "job")

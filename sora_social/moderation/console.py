"""What the moderators' pages share: who may look, and how a refused step is said."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin, TabularInline

from sora_social.errors import DomainError
from sora_social.moderation.second_step import proven


def is_moderator(request: HttpRequest) -> bool:
    """A moderator who gave both, password and code; the sign-in page asks for nobody yet, too."""
    return getattr(request.user, "is_moderator", False) and proven(request)


class _Readable:
    """Moderators look at everything here; they change it through services only."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_moderator(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(_Readable, TabularInline):
    extra = 0
    can_delete = False


class ConsolePage(_Readable, ModelAdmin):
    """A list and a page to read; a refusal of our own rules becomes a message on it."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_moderator(request)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refused:
            self.message_user(request, refused.message, messages.ERROR)
            return HttpResponseRedirect(request.path)

    def each(self, request: HttpRequest, rows: Any, act: Any) -> None:
        """Do it to every chosen row; say how many it was done to, and why not to the others."""
        done = 0
        for row in rows:
            try:
                act(row, request.user)
                done += 1
            except DomainError as refused:
                self.message_user(request, f"{row}: {refused.message}", messages.ERROR)
        self.message_user(request, f"Done: {done}.", messages.SUCCESS)

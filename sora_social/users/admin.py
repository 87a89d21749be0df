"""People as moderators see them: no password, no token, nothing to write but a suspension."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from sora_social.moderation import services as moderation
from sora_social.moderation.console import ConsolePage, ReadOnlyInline, is_moderator
from sora_social.moderation.models import Subject, Takedown
from sora_social.users import services
from sora_social.users.models import Device, Invite, User

for hidden in (EmailAddress, Authenticator, Group):  # secrets, and rights that we do not use
    if admin.site.is_registered(hidden):
        admin.site.unregister(hidden)


class Devices(ReadOnlyInline):
    model = Device
    fields = ["name", "made_at", "used_at", "expires_at", "revoked_at"]


@admin.register(User)
class UserAdmin(ConsolePage):
    list_display = ["handle", "display_name", "age_band", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["handle", "email"]
    ordering = ["-date_joined"]
    fields = [
        "handle",
        "display_name",
        "bio",
        "email",
        "birthdate",
        "is_active",
        "is_staff",
        "date_joined",
        "last_login",
    ]
    inlines = [Devices]
    actions = ["suspend", "restore"]

    @admin.action(description="Suspend")
    def suspend(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self.each(request, people, _suspend)

    @admin.action(description="Restore")
    def restore(self, request: HttpRequest, people: QuerySet[User]) -> None:
        numbers = [str(person.pk) for person in people]
        downs = Takedown.objects.standing().filter(subject=Subject.PERSON, subject_id__in=numbers)
        self.each(request, downs, moderation.lift)


def _suspend(person: User, moderator: User) -> None:
    moderation.take_down(Subject.PERSON, str(person.pk), moderator, "suspended in the console")


@admin.register(Invite)
class InviteAdmin(ConsolePage):
    """Adding one makes a code of the operator's."""

    list_display = ["code", "giver", "taker", "made_at", "taken_at"]
    list_filter = [("taken_at", admin.EmptyFieldListFilter)]
    list_select_related = ["giver", "taker"]
    ordering = ["-made_at"]
    readonly_fields = ["code", "giver", "taker", "made_at", "taken_at"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_moderator(request)

    def save_model(self, request: HttpRequest, obj: Invite, form: Any, change: bool) -> None:
        made = services.make_invites(1)[0]
        obj.pk, obj.code = made.pk, made.code

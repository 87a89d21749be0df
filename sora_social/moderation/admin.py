"""The moderators' desk: the queue of cases, one case with its evidence, and what is down."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html

from sora_social.errors import DomainError
from sora_social.moderation import case_page, rules, services
from sora_social.moderation.case_page import deadline
from sora_social.moderation.console import ConsolePage
from sora_social.moderation.models import Case, CaseState, Strike, Takedown
from sora_social.moderation.states import UNDECIDED

WAITING = Q(state__in=[*UNDECIDED, CaseState.APPEALED])


class Queue(admin.SimpleListFilter):
    """What waits for somebody is what the list shows, until other cases are asked for."""

    title, parameter_name = "queue", "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "In my hands"), ("closed", "Decided and settled"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [first | {"display": "Waiting"}, *others]

    def queryset(self, request: HttpRequest, cases: QuerySet[Case]) -> QuerySet[Case]:
        asked = {
            None: WAITING,
            "mine": Q(state=CaseState.CLAIMED, moderator=request.user.pk)
            | Q(state=CaseState.APPEALED, appeal__moderator=request.user.pk),
            "closed": ~WAITING,
            "all": Q(),
        }
        return cases.filter(asked.get(self.value(), WAITING))


@admin.register(Case)
class CaseAdmin(ConsolePage):
    list_display = [
        "what", "deadline", "subject", "subject_id", "state", "reported", "holder", "made_at",
    ]  # fmt: skip
    list_filter = [Queue, "kind", "state", "subject"]
    list_filter_submit = False
    list_select_related = ["moderator", "appeal__moderator"]
    search_fields = ["subject_id"]
    ordering = [F("due_at").asc(nulls_last=True), "made_at"]  # what has a clock comes first
    actions = ["claim", "release"]

    @admin.display(description="Case", ordering="kind")
    def what(self, case: Case) -> str:
        return f"Appeal: {case.get_kind_display()}" if has_appeal(case) else case.get_kind_display()

    @admin.display(description="Decide within", ordering="due_at")
    def deadline(self, case: Case) -> str:
        said, style = deadline(case)
        return format_html('<strong class="clock {}">{}</strong>', style, said) if said else ""

    @admin.display(description="Held by")
    def holder(self, case: Case) -> str:
        return str((case.appeal.moderator if has_appeal(case) else case.moderator) or "")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One case: read it, take it, give it back, decide it."""
        case = self.get_object(request, object_id)
        if case is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if rules.concerns(request.user, case):
            return self._closed(request)
        if request.method == "POST" and request.POST.get("do") != "unseal":
            return self._act(request, case)
        return self._page(request, case)

    def _page(self, request: HttpRequest, case: Case) -> HttpResponse:
        around = self.admin_site.each_context(request) | {"opts": self.opts, "title": str(case)}
        shown = case_page.shown(case, request.user, unsealed=request.method == "POST")
        return TemplateResponse(request, "moderation/case.html", around | shown)

    def _closed(self, request: HttpRequest) -> HttpResponse:
        """Who is part of a case does not read who reported it, or what was said."""
        around = self.admin_site.each_context(request) | {"title": "Not your case"}
        return TemplateResponse(request, "moderation/own_case.html", around, status=403)

    def _act(self, request: HttpRequest, case: Case) -> HttpResponse:
        try:
            case_page.act(case, request.user, request.POST)
        except DomainError as refused:
            self.message_user(request, refused.message, messages.ERROR)
            return HttpResponseRedirect(request.path)
        case.refresh_from_db()
        done = case.state in (CaseState.DECIDED, CaseState.SETTLED)
        return redirect("admin:moderation_case_changelist") if done else redirect(request.path)

    @admin.action(description="Claim")
    def claim(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        self.each(request, cases, services.claim)

    @admin.action(description="Give back")
    def release(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        self.each(request, cases, services.release)


def has_appeal(case: Case) -> bool:
    return case.state in (CaseState.APPEALED, CaseState.SETTLED) and hasattr(case, "appeal")


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


@admin.register(Strike)
class StrikeAdmin(ConsolePage):
    """Given and taken back by decisions; one that ought not to count is voided."""

    list_display = ["person", "reason", "made_at", "expires_at", "lifted_at"]
    list_filter = ["reason", ("lifted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["person"]
    search_fields = ["person__handle"]
    ordering = ["-made_at"]
    fields = ["person", "reason", "made_at", "expires_at", "lifted_at"]
    actions = ["void"]

    @admin.action(description="Void")
    def void(self, request: HttpRequest, strikes: QuerySet[Strike]) -> None:
        self.each(request, strikes, services.void)

"""The console's site: closed to all but moderators who gave a password and a second proof."""

from __future__ import annotations

from typing import Any

from allauth.decorators import rate_limit
from allauth.mfa.base.forms import AuthenticateForm
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite
from unfold.widgets import BASE_INPUT_CLASSES

from sora_social.moderation import passkey_page, second_step
from sora_social.moderation.console import is_moderator
from sora_social.users.models import User
from sora_social.users.second_factor import CODES, PasskeyForm, asked_of, factors, sent


def _pages() -> dict[str, Any]:
    """The pages as an entry of the console's list of apps."""
    models = [
        {"name": title, "object_name": name, "admin_url": reverse(f"admin:{name}"),
         "perms": {"view": True}, "add_url": None, "view_only": True}
        for name, title, _ in settings.CONSOLE_PAGES
    ]  # fmt: skip
    return {"name": "Operating", "app_label": "operating", "app_url": reverse("admin:index"),
            "has_module_perms": True, "models": models}  # fmt: skip


class FirstStep(LoginView):
    """The right password of a moderator leads to the second step, and no further."""

    def form_valid(self, form: Any) -> HttpResponse:
        second_step.LOBBY.enter(self.request, form.get_user(), next=self.get_success_url())
        return HttpResponseRedirect(self.request.get_full_path())


class CodeForm(AuthenticateForm):
    """A code of an authenticator app, or a recovery code; few wrong ones are let pass."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = self.fields["code"].widget
        widget.attrs |= {"autofocus": "", "class": " ".join(BASE_INPUT_CLASSES)}


class ConsoleSite(UnfoldAdminSite):
    """Besides the lists of models, pages of the apps: settings.CONSOLE_PAGES names them."""

    def get_urls(self) -> list[Any]:
        pages = [
            path(f"{name}/", self.admin_view(import_string(view)), name=name)
            for name, _, view in settings.CONSOLE_PAGES
        ]
        passkeys = path("passkeys/", self.admin_view(self.passkeys), name="passkeys")
        return [passkeys, *pages, *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Pages first; only the list of everything has them."""
        listed = super().get_app_list(request, app_label)
        return listed if app_label or not self.has_permission(request) else [_pages(), *listed]

    def has_permission(self, request: HttpRequest) -> bool:
        return is_moderator(request)

    @method_decorator(never_cache)
    @method_decorator(login_not_required)
    @method_decorator(rate_limit(action="login"))  # it has forms of its own, so it needs the limit
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """A password, then a code or a passkey."""
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        if "again" in request.GET:
            second_step.LOBBY.leave(request)
        person = second_step.waiting(request)
        return self._second(request, person) if person else self._first(request)

    def _first(self, request: HttpRequest) -> HttpResponse:
        request.current_app = self.name  # type: ignore[attr-defined]
        view = FirstStep.as_view(
            template_name="admin/login.html",
            authentication_form=self.login_form,
            next_page="admin:index",
            extra_context=self._around(request),
        )
        return view(request)

    def _second(self, request: HttpRequest, person: User) -> HttpResponse:
        kinds = factors(person)
        if not kinds:
            return TemplateResponse(
                request, "moderation/enrol.html", self._around(request), status=403
            )
        form = CodeForm(sent(request, "code"), user=person)
        key = PasskeyForm(sent(request, "credential"), user=person)
        for given in (form, key):
            if given.is_valid():
                return HttpResponseRedirect(second_step.finish(request, person, given))
        around = self._around(request) | {
            "form": form,
            "key": key,
            "codes": kinds & CODES,
            "asked": asked_of(person),
        }
        return TemplateResponse(request, "moderation/second_step.html", around)

    def passkeys(self, request: HttpRequest) -> HttpResponse:
        around = self.each_context(request) | {"title": "Your passkeys"}
        return passkey_page.show(request, around)

    def _around(self, request: HttpRequest) -> dict[str, Any]:
        path = request.get_full_path()
        return self.each_context(request) | {"title": "Sign in", "app_path": path}

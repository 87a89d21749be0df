"""The console's page on which moderators add and remove their passkeys."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from sora_social.errors import DomainError
from sora_social.moderation import passkeys, second_step


def show(request: HttpRequest, around: dict[str, Any]) -> HttpResponse:
    """Read them at any time; change them soon after signing in, so that a console somebody left
    open lets nobody else in."""
    may_change = second_step.proven(request, within=second_step.CHANGES_FOR)
    form = passkeys.AddPasskeyForm(_sent(request), user=request.user)
    if request.method == "POST" and may_change and _changed(request, form):
        return HttpResponseRedirect(request.path)
    asked = passkeys.asked_for(request.user) if may_change else None
    shown = {"form": form, "passkeys": passkeys.of(request.user), "asked": asked}
    return TemplateResponse(request, "moderation/passkeys.html", around | shown)


def _sent(request: HttpRequest) -> Any:
    return request.POST if "credential" in request.POST else None


def _changed(request: HttpRequest, form: passkeys.AddPasskeyForm) -> bool:
    """Whether what was posted was done; else the form, or a message, says why not."""
    try:
        if "remove" in request.POST:
            passkeys.remove(request.user, request.POST["remove"])
            return True
        if added := form.is_valid():
            passkeys.add(request.user, **form.cleaned_data)
        return added
    except DomainError as refused:
        messages.error(request, refused.message)
        return False

"""`/oauth/authorize`: the page on which somebody lets an app act for them, or does not.

One address, and what it shows depends on how far one has come: a password, a second factor, the
question. It works without scripts (a passkey alone needs one), shows itself in no frame, loads
nothing from elsewhere, and sends nobody anywhere who has not signed in.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from allauth.decorators import rate_limit
from allauth.mfa.base.forms import AuthenticateForm
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from sora_social.oauth import entry, services
from sora_social.oauth.addresses import each_once, issuer_of, source_of
from sora_social.oauth.errors import AppRefused
from sora_social.oauth.serializers import in_words
from sora_social.oauth.views import who_asks
from sora_social.pages import STRICT
from sora_social.users.models import User
from sora_social.users.second_factor import CODES, PasskeyForm, asked_of, factors, sent

NO_ENTRY = "This account cannot be signed in here."


class SeeOther(HttpResponseRedirect):
    """What was posted stays here (RFC 9700, 4.12)."""

    status_code = 303


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters("password", "code", "credential"), name="dispatch")
class Authorize(View):
    """The authorization endpoint of RFC 6749, for browsers."""

    asked: services.Request

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.asked = services.whose(each_once(request.GET), issuer_of(request))
        except AppRefused as no:
            said = {"said": no.rules[no.facts["rule"]]}
            return _page(request, "refused", said, "form-action 'none'", status=400)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        if person := entry.signed_in(request):
            return self._question(request, person)
        if person := entry.LOBBY.who(request):
            return self._second_factor(request, person)
        return self._password(request, LoginForm(request=request))

    def post(self, request: HttpRequest) -> HttpResponse:
        if "leave" in request.POST:
            entry.sign_out(request)
        elif person := entry.signed_in(request):
            return self._answered(request, person)
        elif person := entry.LOBBY.who(request):
            return self._proven(request, person)
        elif "password" in request.POST:
            return self._named(request)
        return self._again(request)

    # --- what is shown ---
    def _password(self, request: HttpRequest, form: LoginForm) -> HttpResponse:
        return self._shown(request, "password", form=form)

    def _second_factor(self, request: HttpRequest, person: User, *forms: Any) -> HttpResponse:
        code, key = forms or (AuthenticateForm(user=person), PasskeyForm(user=person))
        around = {"code": code, "key": key, "asked": asked_of(person)}
        return self._shown(request, "second_factor", codes=factors(person) & CODES, **around)

    def _question(self, request: HttpRequest, person: User) -> HttpResponse:
        try:
            services.check(self.asked)
        except AppRefused as no:
            return self._sent_back(request, services.refuse(self.asked, no))
        return self._shown(request, "question", person=person, scopes=in_words(self.asked.scopes))

    def _shown(self, request: HttpRequest, name: str, **around: Any) -> HttpResponse:
        """A form of it may lead to the app: browsers hold redirects to `form-action`, too."""
        policy = f"form-action 'self' {source_of(self.asked.redirect_uri)}"
        if around.get("asked"):
            policy += "; script-src 'self'"
        return _page(request, name, who_asks(self.asked) | around, policy)

    # --- what was posted ---
    @method_decorator(rate_limit(action="login"))
    def _named(self, request: HttpRequest) -> HttpResponse:
        form = LoginForm(request.POST, request=request)
        if form.is_valid() and not entry.may_enter(form.user):
            form.add_error(None, NO_ENTRY)
        if not form.is_valid():
            return self._password(request, form)
        entry.password_was_right(request, form.user)
        return self._again(request)

    def _proven(self, request: HttpRequest, person: User) -> HttpResponse:
        code = AuthenticateForm(sent(request, "code"), user=person)
        key = PasskeyForm(sent(request, "credential"), user=person)
        for given in (code, key):
            if given.is_valid():
                entry.second_factor_was_right(request, person, given)
                return self._again(request)
        return self._second_factor(request, person, code, key)

    def _answered(self, request: HttpRequest, person: User) -> HttpResponse:
        """Whatever is no clear yes or no is asked again."""
        answer = request.POST.get("answer")
        try:
            services.check(self.asked)
        except AppRefused as no:
            return self._sent_back(request, services.refuse(self.asked, no))
        if answer == "allow":
            return self._sent_back(request, services.allow(person, self.asked))
        if answer == "deny":
            return self._sent_back(request, services.decline(self.asked))
        return self._again(request)

    def _sent_back(self, request: HttpRequest, to: str) -> HttpResponse:
        entry.sign_out(request)
        return SeeOther(to)

    def _again(self, request: HttpRequest) -> HttpResponse:
        return SeeOther(request.get_full_path())


def _page(
    request: HttpRequest, name: str, around: dict[str, Any], policy: str, status: int = 200
) -> HttpResponse:
    """A page of ours, and what a browser may do with it."""
    around = {"site": settings.SITE_NAME, **around}
    response = TemplateResponse(request, f"oauth/{name}.html", around, status=status)
    response["Content-Security-Policy"] = f"{STRICT}; {policy}"
    return response

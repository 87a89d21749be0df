"""OAuth 2 for public clients: the authorization code with PKCE, and refresh tokens that rotate.

By RFC 6749, 7636, 7009, 8252, 9207 and 9700. Every token is opaque and kept as its SHA-256.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from sora_social import audit
from sora_social.oauth import addresses
from sora_social.oauth.errors import AppRefused, GrantRefused, TooManyApps
from sora_social.oauth.models import App, Authorization, Ticket, TicketKind
from sora_social.users import keys
from sora_social.users.models import ApiKey, User
from sora_social.users.scopes import Scope
from sora_social.users.tokens import digest

CODE_LIFE, ACCESS_LIFE = timedelta(minutes=1), timedelta(hours=1)
REFRESH_LIFE = timedelta(days=30)  # of each; every use brings a new one
CHALLENGE, VERIFIER = re.compile(r"[\w-]{43}", re.ASCII), re.compile(r"[\w.~-]{43,128}", re.ASCII)
LONGEST_STATE = 500


class Request(NamedTuple):
    """What an app asks of somebody, and `issuer`: the name by which we answer."""

    app: App
    issuer: str
    redirect_uri: str
    state: str
    response_type: str
    scopes: list[str]
    challenge: str
    challenge_method: str


class Tokens(NamedTuple):
    access: str
    refresh: str
    scopes: list[str]


@transaction.atomic
def register(owner: User, name: str, redirect_uris: list[str]) -> App:
    """An app of a person's. Raises TooManyApps."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if owner.apps.count() >= settings.APPS_PER_PERSON:
        raise TooManyApps(most=settings.APPS_PER_PERSON)
    return App.objects.create(owner=owner, name=name, redirect_uris=redirect_uris)


def understand(asked: Mapping[str, str], issuer: str) -> Request:
    """Check the query an app sent somebody with. Raises AppRefused, which names what is wrong."""
    request = whose(asked, issuer)
    check(request)
    return request


def whose(asked: Mapping[str, str], issuer: str) -> Request:
    """Which app asks, and that the answer reaches it and nobody else. Raises AppRefused: then
    nobody is to be sent anywhere."""
    app = _app(asked.get("client_id", ""))
    if app is None:
        raise AppRefused(rule="client_id")
    request = Request(
        app,
        issuer,
        redirect_uri=asked.get("redirect_uri", ""),
        state=asked.get("state", ""),
        response_type=asked.get("response_type", ""),
        scopes=asked.get("scope", "").split(),
        challenge=asked.get("code_challenge", ""),
        challenge_method=asked.get("code_challenge_method", ""),
    )
    _require(
        redirect_uri=addresses.is_among(request.redirect_uri, app.redirect_uris),
        state=len(request.state) <= LONGEST_STATE,
    )
    return request


def check(request: Request) -> None:
    """What else there is to be right. Raises AppRefused."""
    _require(
        response_type=request.response_type == "code",
        code_challenge=CHALLENGE.fullmatch(request.challenge),
        code_challenge_method=request.challenge_method == "S256",
        scope=request.scopes and set(request.scopes) <= set(Scope.values),
    )


def _require(**rules: object) -> None:
    if broken := next((rule for rule, kept in rules.items() if not kept), None):
        raise AppRefused(rule=broken)


def _app(client_id: str) -> App | None:
    try:
        number = UUID(client_id)
    except ValueError:
        return None
    return App.objects.select_related("owner").filter(pk=number, owner__is_active=True).first()


@transaction.atomic
def allow(person: User, request: Request) -> str:
    """Somebody says yes: where to send them, with a code."""
    scopes = sorted(set(request.scopes))
    leave = Authorization.objects.create(app=request.app, user=person, scopes=scopes)
    code = _ticket(
        leave,
        TicketKind.CODE,
        CODE_LIFE,
        redirect_uri=request.redirect_uri,
        challenge=request.challenge,
    )
    audit.record("app_authorized", person.pk, app=str(request.app.pk), scopes=scopes)
    return _back(request, code=code)


def decline(request: Request) -> str:
    """Somebody says no: where to send them."""
    return _back(request, error="access_denied")


def refuse(request: Request, no: AppRefused) -> str:
    """The app asked wrongly: where to send the person, so that the app hears of it."""
    rule = no.facts["rule"]
    error = "invalid_request" if rule == "response_type" and not request.response_type else None
    return _back(request, error=error or no.told[rule], error_description=no.rules[rule])


def _back(request: Request, **said: str) -> str:
    """With the issuer, so that no answer is taken for another server's (RFC 9207)."""
    state = {"state": request.state} if request.state else {}
    return addresses.with_answer(request.redirect_uri, **said, **state, iss=request.issuer)


# --- tokens ---------------------------------------------------------------------------------------


def exchange(client_id: str, code: str, redirect_uri: str, verifier: str) -> Tokens:
    """A code for tokens, once. Raises GrantRefused."""
    ticket = _find(client_id, code, TicketKind.CODE)
    same = secrets.compare_digest(ticket.challenge, _challenge_of(verifier))
    if not VERIFIER.fullmatch(verifier) or not same or ticket.redirect_uri != redirect_uri:
        raise GrantRefused("invalid_grant")
    return _redeem(ticket, ticket.authorization.scopes)


def refresh(client_id: str, token: str, scope: str | None = None) -> Tokens:
    """New tokens for a refresh token, which is good once. The scopes may be fewer, for this access
    token alone, never more. Raises GrantRefused."""
    ticket = _find(client_id, token, TicketKind.REFRESH)
    scopes = ticket.authorization.scopes if scope is None else sorted(set(scope.split()))
    if not scopes or not set(scopes) <= set(ticket.authorization.scopes):
        raise GrantRefused("invalid_scope")
    return _redeem(ticket, scopes)


def _find(client_id: str, token: str, kind: TicketKind) -> Ticket:
    """The app's own ticket, not used before; one that was ends what it belongs to."""
    if (app := _app(client_id)) is None:
        raise GrantRefused("invalid_client")
    tickets = Ticket.objects.select_related("authorization__user").filter(
        token_hash=digest(token), kind=kind, authorization__app=app
    )
    ticket = tickets.filter(authorization__in=Authorization.objects.live()).first()
    if ticket and ticket.used_at:
        end(ticket.authorization)
    if ticket is None or ticket.used_at or ticket.expires_at <= now():
        raise GrantRefused("invalid_grant")
    return ticket


def _redeem(ticket: Ticket, scopes: list[str]) -> Tokens:
    """Of two at once one gets the tokens, and they do not outlive the other's asking."""
    if not Ticket.objects.filter(pk=ticket.pk, used_at=None).update(used_at=now()):
        end(ticket.authorization)
        raise GrantRefused("invalid_grant")
    return _give(ticket.authorization, scopes)


@transaction.atomic
def _give(leave: Authorization, scopes: list[str]) -> Tokens:
    """Under the lock that `end` takes, and asked again once it is held: none is given to what has
    just ended, for whatever reason."""
    list(Authorization.objects.select_for_update().filter(pk=leave.pk))
    if not Authorization.objects.live().filter(pk=leave.pk).exists():
        raise GrantRefused("invalid_grant")
    access = keys.lend(leave.user, leave, scopes, now() + ACCESS_LIFE)
    return Tokens(access, _ticket(leave, TicketKind.REFRESH, REFRESH_LIFE), scopes)


def _ticket(leave: Authorization, kind: TicketKind, life: timedelta, **more: str) -> str:
    token = secrets.token_urlsafe(32)
    Ticket.objects.create(
        token_hash=digest(token), kind=kind, authorization=leave, expires_at=now() + life, **more
    )
    return token


def _challenge_of(verifier: str) -> str:
    sha = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    return urlsafe_b64encode(sha).rstrip(b"=").decode()


# --- the end --------------------------------------------------------------------------------------


@transaction.atomic
def end(leave: Authorization) -> None:
    """Its tokens open nothing from now on."""
    locked = Authorization.objects.select_for_update(of=("self",)).filter(pk=leave.pk)
    if locked.filter(ended_at=None).first() is None:
        return
    locked.update(ended_at=now())
    ApiKey.objects.filter(authorization=leave, revoked_at=None).update(revoked_at=now())
    audit.record("app_ended", leave.user_id, app=str(leave.app_id))


def revoke(client_id: str, token: str) -> None:
    """By RFC 7009: a refresh token takes all with it, an access token goes alone; others do
    nothing."""
    if (app := _app(client_id)) is None:
        return
    own = {"token_hash": digest(token), "authorization__app": app}
    if ticket := Ticket.objects.filter(**own, kind=TicketKind.REFRESH).first():
        end(ticket.authorization)
    ApiKey.objects.filter(**own, revoked_at=None).update(revoked_at=now())


def forget_old() -> None:
    """Drop what expired a day ago; until then a second use is noticed. A leave of which nothing is
    left to be used ends with it."""
    before = now() - timedelta(days=1)
    ApiKey.objects.exclude(authorization=None).filter(expires_at__lt=before).delete()
    old = Ticket.objects.filter(expires_at__lt=before)
    lapsing = set(old.values_list("authorization", flat=True))
    old.delete()
    for leave in Authorization.objects.live().filter(pk__in=lapsing, tickets=None):
        end(leave)

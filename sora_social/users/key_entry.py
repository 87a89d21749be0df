"""How a key opens /v1, and a scope a view: DRF's side of keys.

Keys open /v1 alone and device tokens /api/v1 alone: each view takes one kind of them.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from sora_social.users import keys
from sora_social.users.models import ApiKey, User


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk-sora-...`; `request.auth` is the ApiKey.

    401 `invalid_api_key` for one that is unknown, revoked, expired or of somebody suspended, 403
    `address_not_allowed` (AddressNotAllowed) from a network that is not on its list.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if (key := keys.find(token.strip())) is None:
            raise AuthenticationFailed("This key is not valid, or not any more.", "invalid_api_key")
        keys.use(key, address_of(request))
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def address_of(request: Request) -> str:
    """Where it comes from, as far as settings.TRUSTED_PROXIES are to be believed."""
    return BaseThrottle().get_ident(request) or ""


class HasScope(BasePermission):
    """For `permission_classes`: `HasScope("videos:read", write="videos:write")`.

    `write` is asked of whatever is no GET, where it differs. 403 `missing_scope` names the scope.
    """

    code = "missing_scope"

    def __init__(self, scope: str, write: str = "") -> None:
        self.scope, self.write = scope, write or scope
        self.message = ""

    def __call__(self) -> HasScope:
        """DRF makes an instance for each request: what it says belongs to that request."""
        return HasScope(self.scope, self.write)

    def has_permission(self, request: Request, view: Any) -> bool:
        wanted = self.scope if request.method in SAFE_METHODS else self.write
        self.message = f"This key lacks the scope {wanted}."
        return isinstance(request.auth, ApiKey) and wanted in request.auth.scopes


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema):  # type: ignore[no-untyped-def]
        return {"type": "http", "scheme": "bearer", "bearerFormat": f"{keys.PREFIX}..."}

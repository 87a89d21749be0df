"""What a client has to know of us (RFC 8414), at /.well-known/oauth-authorization-server."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views import View

from sora_social.oauth.addresses import issuer_of
from sora_social.users.scopes import Scope


class Metadata(View):
    def get(self, request: HttpRequest) -> JsonResponse:
        issuer = issuer_of(request)
        told = {
            "issuer": issuer,
            "authorization_endpoint": issuer + reverse("oauth-authorize"),
            "token_endpoint": issuer + reverse("oauth-token"),
            "revocation_endpoint": issuer + reverse("oauth-revoke"),
            "scopes_supported": Scope.values,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return JsonResponse(told)

"""What apps themselves ask, in the shapes of RFC 6749 and 7009; nobody is signed in here."""

from __future__ import annotations

from django.http import QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sora_social.oauth import services
from sora_social.oauth.addresses import each_once
from sora_social.oauth.errors import GrantRefused

UNKEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
GRANTS = {  # what each needs, in the order of its verb
    "authorization_code": ("client_id", "code", "redirect_uri", "code_verifier"),
    "refresh_token": ("client_id", "refresh_token"),
}


@extend_schema(exclude=True)
class Token(APIView):
    authentication_classes: list[type] = []
    permission_classes: list[type] = []
    parser_classes = [FormParser]

    def post(self, request: Request) -> Response:
        """A code or a refresh token for tokens."""
        try:
            tokens = _granted(request.data)
        except GrantRefused as no:
            return Response({"error": no.error}, no.status, headers=UNKEPT)
        return Response(_told(tokens), headers=UNKEPT)


@extend_schema(exclude=True)
class Revocation(APIView):
    authentication_classes: list[type] = []
    permission_classes: list[type] = []
    parser_classes = [FormParser]

    def post(self, request: Request) -> Response:
        said = each_once(request.data)
        services.revoke(said.get("client_id", ""), said.get("token", ""))
        return Response({}, headers=UNKEPT)


def _granted(form: QueryDict) -> services.Tokens:
    """Raises GrantRefused."""
    said = each_once(form)
    kind = said.get("grant_type", "")
    if kind not in GRANTS:
        raise GrantRefused("unsupported_grant_type" if kind else "invalid_request")
    needed = [said.get(name, "") for name in GRANTS[kind]]
    if not all(needed):
        raise GrantRefused("invalid_request")
    if kind == "authorization_code":
        return services.exchange(*needed)
    return services.refresh(*needed, scope=said.get("scope"))


def _told(tokens: services.Tokens) -> dict[str, object]:
    return {
        "access_token": tokens.access,
        "token_type": "Bearer",
        "expires_in": int(services.ACCESS_LIFE.total_seconds()),
        "refresh_token": tokens.refresh,
        "scope": " ".join(tokens.scopes),
    }

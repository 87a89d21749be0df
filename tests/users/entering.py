"""A view as /v1 has them, so that keys are tried without knowing any of its routes."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from sora_social.users.key_entry import ApiKeyAuthentication, HasScope


class Door(APIView):
    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [HasScope("videos:read", write="videos:write")]

    def get(self, request: Request) -> Response:
        return Response({"person": request.user.handle, "key": str(request.auth.pk)})

    post = delete = get


def enter(token: str, address: str = "127.0.0.1", method: str = "get", **headers: str) -> Any:
    """The answer of the door to a bearer of this token, who comes from this address."""
    said = {"Authorization": f"Bearer {token}"} | headers
    request = getattr(APIRequestFactory(), method)("/", headers=said, REMOTE_ADDR=address)
    return Door.as_view()(request)

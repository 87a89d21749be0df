"""One's own API keys: only whoever is signed in makes, rotates and revokes them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sora_social.errors import NotFound
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import PAGING, errors, page_of
from sora_social.users import keys
from sora_social.users.key_serializers import (
    KeySerializer,
    KeyTermsSerializer,
    KeyWishSerializer,
    NewKeySerializer,
    RotationSerializer,
)
from sora_social.users.models import ApiKey, ApiKeyQuerySet


class Keys(APIView):
    @extend_schema(parameters=PAGING, responses={200: page_of(KeySerializer), **errors(400, 401)})
    def get(self, request: Request) -> Response:
        """The keys that work, the newest first; of each its last four characters."""
        found, after = slice_by_pk(_keys(request), request, "keys")
        return Response(page(KeySerializer(found, many=True).data, after))

    @extend_schema(
        request=KeyWishSerializer, responses={201: NewKeySerializer, **errors(400, 401, 409)}
    )
    def post(self, request: Request) -> Response:
        """Make a key. Its token is in this answer and nowhere else, ever."""
        wish = KeyWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        return _shown_once(*keys.make(request.user, **wish.validated_data))


class OneKey(APIView):
    @extend_schema(responses={200: KeySerializer, **errors(401, 404)})
    def get(self, request: Request, key: UUID) -> Response:
        return Response(KeySerializer(_find(request, key)).data)

    @extend_schema(
        request=KeyTermsSerializer, responses={200: KeySerializer, **errors(400, 401, 404)}
    )
    def patch(self, request: Request, key: UUID) -> Response:
        """Another name, or other networks it is taken from."""
        wish = KeyTermsSerializer(_find(request, key), data=request.data, partial=True)
        wish.is_valid(raise_exception=True)
        return Response(KeySerializer(wish.save()).data)

    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request: Request, key: UUID) -> Response:
        """Revoke a key: the next request with it is refused."""
        keys.revoke(_find(request, key))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Rotation(APIView):
    @extend_schema(
        request=RotationSerializer, responses={201: NewKeySerializer, **errors(400, 401, 404, 409)}
    )
    def post(self, request: Request, key: UUID) -> Response:
        """A new key for the same; the old one works `overlap_hours` longer (0: not at all)."""
        wish = RotationSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        return _shown_once(*keys.rotate(_find(request, key), **wish.validated_data))


def _shown_once(key: ApiKey, token: str) -> Response:
    shown: dict[str, Any] = {**KeySerializer(key).data, "key": token}
    answer = Response(shown, status.HTTP_201_CREATED)
    answer["Cache-Control"] = "no-store"
    return answer


def _keys(request: Request) -> ApiKeyQuerySet:
    return ApiKey.objects.live().own().filter(user=request.user)


def _find(request: Request, key: UUID) -> ApiKey:
    if (found := _keys(request).select_related("user").filter(pk=key).first()) is None:
        raise NotFound()
    return found

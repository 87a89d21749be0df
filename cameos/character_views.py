"""Characters over HTTP: one's own, and those that one may use."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cameos import services
from cameos.character_serializers import (
    CharacterChangeSerializer,
    CharacterSerializer,
    CharacterWishSerializer,
    HandleSearchSerializer,
    PublicCharacterSerializer,
)
from cameos.models import Character, CharacterQuerySet
from cameos.views import ClipParser, as_path, wish
from sora_social import ranges
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import PAGING, errors, page_of


def own(request: Request, pk: UUID) -> Character:
    return get_object_or_404(_mine(request), pk=pk)


def _mine(request: Request) -> CharacterQuerySet:
    kept = Character.objects.kept().owned_by(request.user)
    return kept.select_related("owner").prefetch_related("pictures")


class Characters(APIView):
    parser_classes = [ClipParser]

    @extend_schema(
        operation_id="characters_list",
        parameters=PAGING,
        responses={200: page_of(CharacterSerializer), **errors(400, 401)},
    )
    def get(self, request: Request) -> Response:
        """Your own characters."""
        found, after = slice_by_pk(_mine(request), request, "characters")
        return Response(page(CharacterSerializer(found, many=True).data, after))

    @extend_schema(
        request={"multipart/form-data": CharacterWishSerializer},
        responses={202: CharacterSerializer, **errors(400, 401, 409, 503)},
    )
    def post(self, request: Request) -> Response:
        """Make a character of a clip. It is looked at soon after, and not kept; a notice tells."""
        asked = wish(CharacterWishSerializer, request.data)
        with as_path(asked.pop("clip")) as clip:
            made = services.make_character(request.user, clip, **asked)
        return Response(CharacterSerializer(made).data, status.HTTP_202_ACCEPTED)


class OneCharacter(APIView):
    @extend_schema(responses={200: CharacterSerializer, **errors(401, 404)})
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(CharacterSerializer(own(request, pk)).data)

    @extend_schema(
        request=CharacterChangeSerializer,
        responses={200: CharacterSerializer, **errors(400, 401, 404, 409)},
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change its name, its instructions, or who may use it; what is published stays."""
        change = wish(CharacterChangeSerializer, request.data)
        changed = services.change_character(own(request, pk), **change)
        return Response(CharacterSerializer(changed).data)

    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove it for good: nothing new is made with it, and its handle is free."""
        services.remove_character(own(request, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Pause(APIView):
    @extend_schema(request=None, responses={200: CharacterSerializer, **errors(401, 404, 409)})
    def post(self, request: Request, pk: UUID) -> Response:
        """Nobody may use it, you neither, until it is resumed."""
        return Response(CharacterSerializer(services.pause_character(own(request, pk))).data)


class Resumption(APIView):
    @extend_schema(request=None, responses={200: CharacterSerializer, **errors(401, 404, 409)})
    def post(self, request: Request, pk: UUID) -> Response:
        return Response(CharacterSerializer(services.resume_character(own(request, pk))).data)


class Usable(APIView):
    @extend_schema(
        operation_id="characters_usable_list",
        parameters=[OpenApiParameter("q", str, description="How its handle begins."), *PAGING],
        responses={200: page_of(PublicCharacterSerializer), **errors(400, 401)},
    )
    def get(self, request: Request) -> Response:
        """Characters that you may use now, your own among them."""
        begins = wish(HandleSearchSerializer, request.query_params)["q"].lstrip("@").lower()
        usable = Character.objects.usable_by(request.user).filter(handle__startswith=begins)
        shown = usable.select_related("owner").prefetch_related("pictures")
        found, after = slice_by_pk(shown, request, "characters.usable")
        return Response(page(PublicCharacterSerializer(found, many=True).data, after))


class Picture(APIView):
    @extend_schema(responses={(200, "image/webp"): OpenApiTypes.BINARY, **errors(401, 404)})
    def get(self, request: Request, pk: UUID, position: int) -> HttpResponseBase:
        """A picture of a character that is yours, or that you may use."""
        usable = Character.objects.usable_by(request.user).values("pk")
        shown = Character.objects.filter(Q(owner=request.user.pk) | Q(pk__in=usable), pk=pk)
        picture = get_object_or_404(get_object_or_404(shown).pictures, position=position)
        response = ranges.serve(picture.key, "image/webp", request)
        response["Cache-Control"] = "private, no-store"
        return response

"""Over HTTP: the text on one's likeness, one's word on it, and whether a cameo may be lent."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cameos import services
from cameos.capture_serializers import (
    ReleaseSerializer,
    ReleaseTextSerializer,
    ReleaseWishSerializer,
)
from cameos.models import Release
from cameos.serializers import CameoSerializer
from cameos.views import own, wish
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import PAGING, errors, page_of


class ReleaseText(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        parameters=[OpenApiParameter("locale", str, description="A language tag such as de.")],
        responses={200: ReleaseTextSerializer},
    )
    def get(self, request: Request) -> Response:
        """The current text on one's likeness: what is kept, what for, how long. Anybody may read
        it; in English where there is no other."""
        text = services.current_text(request.query_params.get("locale", "en"))
        return Response(ReleaseTextSerializer(text).data)


class Releases(APIView):
    @extend_schema(
        operation_id="cameos_releases_list",
        parameters=PAGING,
        responses={200: page_of(ReleaseSerializer), **errors(400, 401, 404)},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """What you agreed to for this cameo, and when."""
        mine = Release.objects.of(own(request, pk).pk)
        found, after = slice_by_pk(mine, request, "cameos.releases")
        return Response(page(ReleaseSerializer(found, many=True).data, after))

    @extend_schema(
        request=ReleaseWishSerializer,
        responses={201: ReleaseSerializer, **errors(400, 401, 403, 404, 409)},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Agree to the current text, each purpose by itself, before your face is shown."""
        asked = wish(ReleaseWishSerializer, request.data)
        release = services.sign(own(request, pk), **asked)
        return Response(ReleaseSerializer(release).data, status.HTTP_201_CREATED)


class Lending(APIView):
    @extend_schema(request=None, responses={200: CameoSerializer, **errors(401, 403, 404, 409)})
    def put(self, request: Request, pk: UUID) -> Response:
        """Let a cameo that only protects you be lent; to whom, its terms say. Agree to `use`
        first."""
        return Response(CameoSerializer(services.lend(own(request, pk))).data)

    @extend_schema(responses={200: CameoSerializer, **errors(401, 404, 409)})
    def delete(self, request: Request, pk: UUID) -> Response:
        """From now on it only protects you: every leave ends, and what was made with it is dark for
        good."""
        return Response(CameoSerializer(services.take_back_use(own(request, pk))).data)

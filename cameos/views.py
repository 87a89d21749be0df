"""Cameos over HTTP: one's own, those of others, and the capture that makes one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from cameos import services
from cameos.capture_serializers import (
    CaptureRequestSerializer,
    ChallengeRequestSerializer,
    ChallengeSerializer,
)
from cameos.models import Cameo, CameoQuerySet
from cameos.serializers import (
    CameoChangeSerializer,
    CameoRequestSerializer,
    CameoSerializer,
    PictureSerializer,
    PublicCameoSerializer,
)
from sora_social import ranges, uploads
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import PAGING, errors, page_of
from sora_social.users.serializers import SearchSerializer

OTHERS = {200: page_of(PublicCameoSerializer), **errors(400, 401)}
FORM_ROOM = 64 << 10  # bytes of an upload that are not the file


def own(request: Request, pk: UUID) -> Cameo:
    return get_object_or_404(Cameo.objects.standing().owned_by(request.user), pk=pk)


def wish(serializer: type[Serializer], sent: Any) -> dict[str, Any]:
    asked = serializer(data=sent)
    asked.is_valid(raise_exception=True)
    return asked.validated_data


class Cameos(APIView):
    @extend_schema(
        operation_id="cameos_list",
        parameters=PAGING,
        responses={200: page_of(CameoSerializer), **errors(400, 401)},
    )
    def get(self, request: Request) -> Response:
        """Your own cameos."""
        mine = Cameo.objects.standing().owned_by(request.user)
        found, after = slice_by_pk(mine, request, "cameos")
        return Response(page(CameoSerializer(found, many=True).data, after))

    @extend_schema(
        request=CameoRequestSerializer,
        responses={201: CameoSerializer, **errors(400, 401, 403, 409)},
    )
    def post(self, request: Request) -> Response:
        """Begin a cameo of yourself; a capture makes it usable."""
        cameo = services.open_cameo(request.user, **wish(CameoRequestSerializer, request.data))
        return Response(CameoSerializer(cameo).data, status.HTTP_201_CREATED)


class OneCameo(APIView):
    @extend_schema(responses={200: CameoSerializer, **errors(401, 404)})
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(CameoSerializer(own(request, pk)).data)

    @extend_schema(
        request=CameoChangeSerializer, responses={200: CameoSerializer, **errors(400, 401, 404)}
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change its name, or on what terms it is lent; to allow less takes effect at once."""
        cameo, change = own(request, pk), wish(CameoChangeSerializer, request.data)
        if "display_name" in change:
            services.rename(cameo, change.pop("display_name"))
        if change:
            services.set_terms(cameo, **change)
        return Response(CameoSerializer(cameo).data)

    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Revoke it for good: the likeness is destroyed, and what was made with it goes dark."""
        services.revoke(own(request, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Pause(APIView):
    @extend_schema(request=None, responses={200: CameoSerializer, **errors(401, 404, 409)})
    def post(self, request: Request, pk: UUID) -> Response:
        """Nobody may use it, and what was made with it is dark, until it is resumed."""
        return Response(CameoSerializer(services.pause(own(request, pk))).data)


class Resumption(APIView):
    @extend_schema(request=None, responses={200: CameoSerializer, **errors(401, 404, 409)})
    def post(self, request: Request, pk: UUID) -> Response:
        return Response(CameoSerializer(services.resume(own(request, pk))).data)


# --- the capture ----------------------------------------------------------------------------------


class Challenges(APIView):
    @extend_schema(
        request=ChallengeRequestSerializer,
        responses={201: ChallengeSerializer, **errors(400, 401, 403, 404, 409, 429, 503)},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """What to do before the camera. It can be answered once, and soon. An active cameo stays
        as it is until you have shown your face again; before any capture, agree to the text."""
        asked = wish(ChallengeRequestSerializer, request.data)
        challenge = services.challenge(own(request, pk), **asked)
        return Response(ChallengeSerializer(challenge).data, status.HTTP_201_CREATED)


class ClipParser(MultiPartParser):
    """Turns a body away by its length, before a byte of it is read."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        length = int(parser_context["request"].META.get("CONTENT_LENGTH") or 0)
        if length > (most := uploads.CLIP.bytes) + FORM_ROOM:
            raise uploads.UploadRefused(field="clip", rule="too_large", bytes=length, at_most=most)
        return super().parse(stream, media_type, parser_context)


class Captures(APIView):
    parser_classes = [ClipParser]

    @extend_schema(
        request={"multipart/form-data": CaptureRequestSerializer},
        responses={202: CameoSerializer, **errors(400, 401, 404, 409, 410, 422, 503)},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Answer a challenge. The clip is looked at soon after, and not kept; the socket tells."""
        cameo = own(request, pk)
        proof = wish(CaptureRequestSerializer, request.data)
        challenge = services.challenge_of(cameo, proof["nonce"])
        with as_path(proof["clip"]) as clip:
            cameo = services.answer(challenge, clip, proof["mirrored"])
        return Response(CameoSerializer(cameo).data, status.HTTP_202_ACCEPTED)


@contextmanager
def as_path(upload: UploadedFile) -> Iterator[Path]:
    """The upload as a file on disk: where it lies already, or a copy for the moment."""
    if hasattr(upload, "temporary_file_path"):
        yield Path(upload.temporary_file_path())
        return
    with tempfile.NamedTemporaryFile() as copy:
        copy.writelines(upload.chunks())
        copy.flush()
        yield Path(copy.name)


class References(APIView):
    @extend_schema(
        operation_id="cameos_references_list",
        responses={200: page_of(PictureSerializer), **errors(401, 404)},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The pictures of you that videos are made from; only you can see them."""
        places = own(request, pk).references.values_list("position", flat=True)
        pictures = [
            {"position": place, "url": reverse("reference", args=[pk, place])} for place in places
        ]
        return Response(page(pictures, None))


class Reference(APIView):
    @extend_schema(
        responses={(200, "image/webp"): OpenApiTypes.BINARY, **errors(401, 404)},
    )
    def get(self, request: Request, pk: UUID, position: int) -> HttpResponseBase:
        picture = get_object_or_404(own(request, pk).references, position=position)
        response = ranges.serve(picture.key, "image/webp", request)
        response["Cache-Control"] = "private, no-store"
        return response


# --- other people's -------------------------------------------------------------------------------


class Usable(APIView):
    @extend_schema(operation_id="cameos_usable_list", parameters=PAGING, responses=OTHERS)
    def get(self, request: Request) -> Response:
        """Cameos that you may use now."""
        return public_page(Cameo.objects.usable_by(request.user), request, "cameos.usable")


class Search(APIView):
    @extend_schema(
        operation_id="cameos_search_list",
        parameters=[OpenApiParameter("q", str, required=True), *PAGING],
        responses=OTHERS,
    )
    def get(self, request: Request) -> Response:
        """Cameos whose handle or name begins with `q`: yours to ask for, if not yet to use."""
        q = wish(SearchSerializer, request.query_params)["q"].lstrip("@")
        alike = Q(handle__startswith=q.lower()) | Q(display_name__istartswith=q)
        known = Cameo.objects.known_to(request.user).filter(alike)
        return public_page(known, request, "cameos.search")


def public_page(cameos: CameoQuerySet, request: Request, purpose: str) -> Response:
    shown = cameos.with_usable(request.user)
    found, after = slice_by_pk(shown, request, purpose)
    return Response(page(PublicCameoSerializer(found, many=True).data, after))

"""Oneself: account, devices, invites, lists, the export."""

from __future__ import annotations

from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sora_social.errors import NotFound
from sora_social.floods import PerPerson
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import PAGING, errors, page_of
from sora_social.streaming import chunks_of, for_server
from sora_social.users import profiles, services
from sora_social.users.models import Device, DeviceQuerySet
from sora_social.users.serializers import (
    DeviceSerializer,
    InviteSerializer,
    MeSerializer,
    PasswordSerializer,
    PersonSerializer,
)
from sora_social.users.views import list_of

PEOPLE = {200: page_of(PersonSerializer), **errors(400, 401)}


class FewTries(PerPerson):
    """Passwords are slow to check, and not to be guessed."""

    scope, rate = "password", "10/hour"


class FewExports(PerPerson):
    scope, rate = "exports", "10/hour"


class Me(APIView):
    def get_throttles(self) -> list[PerPerson]:
        tries = [FewTries()] if self.request.method == "DELETE" else []
        return [*super().get_throttles(), *tries]

    @extend_schema(responses={200: MeSerializer, **errors(401)})
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(request.user).data)

    @extend_schema(request=MeSerializer, responses={200: MeSerializer, **errors(400, 401)})
    def patch(self, request: Request) -> Response:
        wish = MeSerializer(request.user, data=request.data, partial=True)
        wish.is_valid(raise_exception=True)
        wish.save()
        return Response(wish.data)

    @extend_schema(responses={204: None, **errors(400, 401, 403, 429)})
    def delete(self, request: Request) -> Response:
        """Delete the account and all there is of it, for good. The body holds the `password`."""
        wish = PasswordSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        services.require_password(request.user, wish.validated_data["password"])
        services.delete_account(request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Export(APIView):
    throttle_classes = [PerPerson, FewExports]

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY, **errors(401, 429)})
    def get(self, request: Request) -> StreamingHttpResponse:
        """Everything there is of oneself, as a zip."""
        path = services.export(request.user)
        size, file = path.stat().st_size, path.open("rb")
        path.unlink()  # what is open can still be read, and is gone when it was sent
        answer = StreamingHttpResponse(for_server(chunks_of(file), request))
        answer["Content-Type"], answer["Content-Length"] = "application/zip", size
        answer["Content-Disposition"] = f'attachment; filename="{request.user.handle}.zip"'
        return answer


class Devices(APIView):
    @extend_schema(
        parameters=PAGING, responses={200: page_of(DeviceSerializer), **errors(400, 401)}
    )
    def get(self, request: Request) -> Response:
        """Where one is signed in."""
        found, after = slice_by_pk(_devices(request), request, "devices")
        shown = DeviceSerializer(found, many=True, context={"current": request.auth})
        return Response(page(shown.data, after))


class OneDevice(APIView):
    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request: Request, device: UUID) -> Response:
        """Sign a device out; its sockets close."""
        if (found := _devices(request).filter(pk=device).first()) is None:
            raise NotFound()
        services.sign_out(found)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CurrentDevice(APIView):
    @extend_schema(responses={204: None, **errors(401)})
    def delete(self, request: Request) -> Response:
        """Sign this device out."""
        services.sign_out(request.auth)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _devices(request: Request) -> DeviceQuerySet:
    return Device.objects.live().filter(user=request.user)


class Invites(APIView):
    @extend_schema(
        parameters=PAGING, responses={200: page_of(InviteSerializer), **errors(400, 401)}
    )
    def get(self, request: Request) -> Response:
        """The codes one has to give."""
        rows = request.user.invites.select_related("taker")
        found, after = slice_by_pk(rows, request, "invites")
        return Response(page(InviteSerializer(found, many=True).data, after))


class Mutuals(APIView):
    @extend_schema(parameters=PAGING, responses=PEOPLE)
    def get(self, request: Request) -> Response:
        """Those one follows and who follow back."""
        return list_of(profiles.mutuals_of(request.user), request, "followed")


class Blocks(APIView):
    @extend_schema(parameters=PAGING, responses=PEOPLE)
    def get(self, request: Request) -> Response:
        """Those one has blocked."""
        rows = request.user.blocks.select_related("blocked")
        return list_of(rows, request, "blocked")

"""A person's mailbox."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sora_social.notifications import services
from sora_social.notifications.serializers import NoticeSerializer, ReadSerializer
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import PAGING, errors, page_of


class Notices(APIView):
    @extend_schema(
        parameters=PAGING, responses={200: page_of(NoticeSerializer), **errors(400, 401)}
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        found, after = slice_by_pk(request.user.notices.all(), request, "notices")
        return Response(page(NoticeSerializer(found, many=True).data, after))


class NoticesRead(APIView):
    @extend_schema(request=ReadSerializer, responses={204: None, **errors(400, 401)})
    def post(self, request: Request) -> Response:
        wish = ReadSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        services.read_up_to(request.user, wish.validated_data["up_to"])
        return Response(status=status.HTTP_204_NO_CONTENT)

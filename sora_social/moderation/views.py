"""Where people report; moderators work in the console."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sora_social.floods import PerPerson
from sora_social.moderation import services
from sora_social.moderation.serializers import ReportedSerializer, ReportSerializer
from sora_social.schema import errors


class FewReports(PerPerson):
    scope, rate = "reports", "30/hour"


class Reports(APIView):
    throttle_classes = [PerPerson, FewReports]

    @extend_schema(
        request=ReportSerializer,
        responses={201: ReportedSerializer, **errors(400, 401, 404, 429)},
    )
    def post(self, request: Request) -> Response:
        wish = ReportSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        case = services.report(request.user, **wish.validated_data)
        return Response({"case": str(case.pk)}, status.HTTP_201_CREATED)

"""Reports by people without an account: a receipt is all they need to keep."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sora_social.floods import PerPerson
from sora_social.moderation import receipts, services
from sora_social.moderation.filing import Said
from sora_social.moderation.serializers import (
    AppealSerializer,
    ReceiptSerializer,
    ReportOutcomeSerializer,
    StrangerReportSerializer,
)
from sora_social.moderation.views import address_of
from sora_social.schema import errors


class FewFromStrangers(PerPerson):
    scope, rate = "open-reports", "20/hour"


class FewGlances(PerPerson):
    """Receipts are not to be guessed."""

    scope, rate = "open-report", "240/hour"


class _Open(APIView):
    authentication_classes, permission_classes = [], [AllowAny]  # whatever dead token comes along


class Reports(_Open):
    throttle_classes = [PerPerson, FewFromStrangers]

    @extend_schema(
        request=StrangerReportSerializer, responses={202: ReceiptSerializer, **errors(400, 429)}
    )
    def post(self, request: Request) -> Response:
        """Report without an account; a claim (`intimate`, `copyright`) is signed with `name`,
        `email` and `good_faith`. The answer does not say whether there is such a thing."""
        wish = StrangerReportSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        return Response({"receipt": filed(request, **wish.validated_data)}, 202)


def filed(request: Request, subject: str, subject_id: str, **said: str) -> str:
    """The receipt of a report that came with this request."""
    told = Said(**said, network=address_of(request))  # type: ignore[arg-type]
    return services.report_as_stranger(subject, subject_id, told).receipt


class Outcome(_Open):
    throttle_classes = [PerPerson, FewGlances]

    @extend_schema(responses={200: ReportOutcomeSerializer, **errors(404, 429)})
    def get(self, request: Request, receipt: str) -> Response:
        """What became of your report, and why."""
        found = receipts.outcome(receipts.report_of(receipt))
        return Response(ReportOutcomeSerializer(found).data)


class Appeal(_Open):
    throttle_classes = [PerPerson, FewGlances]

    @extend_schema(
        request=AppealSerializer,
        responses={201: ReportOutcomeSerializer, **errors(400, 404, 409, 429)},
    )
    def post(self, request: Request, receipt: str) -> Response:
        """It was kept: ask that another moderator looks again, once."""
        return _answered(request, receipt, services.appeal_with_receipt)


class Objection(_Open):
    throttle_classes = [PerPerson, FewGlances]

    @extend_schema(
        request=AppealSerializer,
        responses={201: ReportOutcomeSerializer, **errors(400, 404, 409, 429)},
    )
    def post(self, request: Request, receipt: str) -> Response:
        """Object to a counter-notice, so that it is not shown again by itself."""
        return _answered(request, receipt, services.contest)


def _answered(request: Request, receipt: str, act) -> Response:  # type: ignore[no-untyped-def]
    wish = AppealSerializer(data=request.data)
    wish.is_valid(raise_exception=True)
    act(receipts.report_of(receipt), wish.validated_data["text"])
    found = receipts.outcome(receipts.report_of(receipt))
    return Response(ReportOutcomeSerializer(found).data, status.HTTP_201_CREATED)

"""Where people report, read what was decided, and appeal; moderators work in the console."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from sora_social import audit
from sora_social.errors import NotFound
from sora_social.floods import PerPerson
from sora_social.moderation import concerning, services
from sora_social.moderation.serializers import (
    AppealSerializer,
    CounterNoticeSerializer,
    HeadSerializer,
    OwnCaseSerializer,
    OwnCounterNoticeSerializer,
    PublishedDecisionSerializer,
    ReportedSerializer,
    ReportSerializer,
    StrikeSerializer,
    SuspendedAppealSerializer,
)
from sora_social.moderation.states import REASONS
from sora_social.pagination import page, slice_by_pk
from sora_social.schema import PAGING, errors, page_of


class FewReports(PerPerson):
    scope, rate = "reports", "30/hour"


class FewAppeals(PerPerson):
    scope, rate = "appeals", "20/hour"


class FewGuesses(PerPerson):
    """It asks for a password, which is not to be guessed here either."""

    scope, rate = "suspended-appeals", "10/hour"


def address_of(request: Request) -> str:
    """The network address that the request came from, behind the proxies that are trusted."""
    return str(BaseThrottle().get_ident(request))


class Reports(APIView):
    throttle_classes = [PerPerson, FewReports]

    @extend_schema(
        request=ReportSerializer,
        responses={201: ReportedSerializer, **errors(400, 401, 404, 429)},
    )
    def post(self, request: Request) -> Response:
        wish = ReportSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        case = services.report(request.user, **wish.validated_data, network=address_of(request))
        return Response({"case": str(case.pk)}, status.HTTP_201_CREATED)


class OwnCases(APIView):
    @extend_schema(
        parameters=PAGING, responses={200: page_of(OwnCaseSerializer), **errors(400, 401)}
    )
    def get(self, request: Request) -> Response:
        """What was decided against you, and what became of your reports; newest first."""
        found, after = slice_by_pk(concerning.of(request.user), request, "cases")
        rows = concerning.rows(request.user, found)
        return Response(page(OwnCaseSerializer(rows, many=True).data, after))


class OwnAppeal(APIView):
    throttle_classes = [PerPerson, FewAppeals]

    @extend_schema(
        request=AppealSerializer,
        responses={201: OwnCaseSerializer, **errors(400, 401, 404, 409, 429)},
    )
    def post(self, request: Request, case: UUID) -> Response:
        """Ask that another moderator looks again; once for each case."""
        wish = AppealSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        if (found := concerning.of(request.user).filter(pk=case).first()) is None:
            raise NotFound()
        services.appeal(request.user, found, wish.validated_data["text"])
        row = concerning.row(request.user, found)
        return Response(OwnCaseSerializer(row).data, status.HTTP_201_CREATED)


class OwnCounterNotice(APIView):
    throttle_classes = [PerPerson, FewAppeals]

    @extend_schema(
        request=CounterNoticeSerializer,
        responses={201: OwnCounterNoticeSerializer, **errors(400, 401, 404, 409, 429)},
    )
    def post(self, request: Request, case: UUID) -> Response:
        """Sign that your work was taken down by mistake. It is shown again after the waiting period
        unless the claimant objects. Only for what the policy lets be countered: copyright."""
        wish = CounterNoticeSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        if (found := concerning.of(request.user).filter(pk=case).first()) is None:
            raise NotFound()
        said = wish.validated_data
        made = services.counter(request.user, found, said["text"], said["name"])
        return Response(OwnCounterNoticeSerializer(made).data, status.HTTP_201_CREATED)


class OwnObjection(APIView):
    throttle_classes = [PerPerson, FewAppeals]

    @extend_schema(
        request=AppealSerializer,
        responses={201: OwnCounterNoticeSerializer, **errors(400, 401, 404, 409, 429)},
    )
    def post(self, request: Request, case: UUID) -> Response:
        """You claimed it: object to the counter-notice, so that it is not shown again by itself."""
        wish = AppealSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        claimed = request.user.reports.select_related("case").filter(case=case).first()
        if claimed is None:
            raise NotFound()
        made = services.contest(claimed, wish.validated_data["text"])
        return Response(OwnCounterNoticeSerializer(made).data, status.HTTP_201_CREATED)


class SuspendedAppeal(APIView):
    authentication_classes, permission_classes = [], [AllowAny]  # whatever dead token comes along
    throttle_classes = [PerPerson, FewGuesses]

    @extend_schema(
        request=SuspendedAppealSerializer,
        responses={201: ReportedSerializer, **errors(400, 403, 404, 409, 429)},
    )
    def post(self, request: Request) -> Response:
        """Who is suspended cannot sign in: appeal the last decision with handle and password."""
        wish = SuspendedAppealSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        appeal = services.appeal_suspended(**wish.validated_data)
        return Response({"case": str(appeal.pk)}, status.HTTP_201_CREATED)


class OwnStrikes(APIView):
    @extend_schema(
        parameters=PAGING, responses={200: page_of(StrikeSerializer), **errors(400, 401)}
    )
    def get(self, request: Request) -> Response:
        """Your strikes, and until when each stands; newest first."""
        found, after = slice_by_pk(request.user.strikes.all(), request, "strikes")
        return Response(page(StrikeSerializer(found, many=True).data, after))


class Reasons(APIView):
    authentication_classes, permission_classes = [], [AllowAny]  # whatever dead token comes along

    @extend_schema(responses=PublishedDecisionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The list from which moderators take their reasons."""
        found = [
            {
                "decision": decision,
                "label": decision.label,
                "reasons": [{"code": one, "label": one.label} for one in reasons],
            }
            for decision, reasons in REASONS.items()
        ]
        return Response(found)


class AuditHead(APIView):
    authentication_classes, permission_classes = [], [AllowAny]  # whatever dead token comes along

    @extend_schema(responses=HeadSerializer)
    def get(self, request: Request) -> Response:
        """The newest row of the audit chain. Whoever keeps heads can prove a rewritten chain."""
        number, digest = audit.head()
        return Response({"number": number, "digest": digest})

"""The form on which people without an account report, and the page of a receipt; plain HTML."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response

from sora_social.errors import DomainError, NotFound
from sora_social.floods import PerPerson
from sora_social.moderation import policy, receipts, services
from sora_social.moderation.models import ReportReason, Subject
from sora_social.moderation.serializers import AppealSerializer, StrangerReportSerializer
from sora_social.moderation.states import KINDS
from sora_social.moderation.stranger_views import FewFromStrangers, FewGlances, filed
from sora_social.pages import OpenPage

NAMES = {
    Subject.POST: "A post",
    Subject.OUTPUT: "A video",
    Subject.COMMENT: "A comment",
    Subject.PERSON: "A profile",
    Subject.CAMEO: "A cameo",
    Subject.CHARACTER: "A character",
}


class _Page(OpenPage):
    parser_classes = [FormParser]

    def throttled(self, request: Request, wait: float | None) -> None:
        self.template_name = "moderation/report_no.html"
        super().throttled(request, wait)

    def handle_exception(self, exc: Exception) -> Response:
        """Words in place of the API's error."""
        if isinstance(exc, NotFound):
            said = "We know no report with this receipt, or there was nothing at that address."
            return _refused(said, 404)
        if isinstance(exc, Throttled):
            return _refused("Too many at once: please try again later.", 429)
        if isinstance(exc, DomainError):
            return _refused(exc.message, exc.status)
        return super().handle_exception(exc)


def _refused(said: str, status: int) -> Response:
    return Response({"said": said}, status, template_name="moderation/report_no.html")


class Form(_Page):
    throttle_classes = [PerPerson]
    template_name = "moderation/report_form.html"

    def get_throttles(self) -> list[Any]:
        posted = [FewFromStrangers()] if self.request.method == "POST" else []
        return [*super().get_throttles(), *posted]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(_form(request.query_params))

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        """A link or an id will do; what is missing is said beside its field."""
        said = {name: request.data.get(name, "") for name in FIELDS}
        said["good_faith"] = bool(said["good_faith"])
        wish = StrangerReportSerializer(data=said | {"subject_id": _id_in(said["subject_id"])})
        try:
            wish.is_valid(raise_exception=True)
        except ValidationError as wrong:
            return Response(_form(said, wrong.detail), 400)
        receipt = filed(request, **wish.validated_data)
        shown = {"receipt": receipt, "hours": policy.CLAIMS["intimate"].hours}
        return Response(shown, 202, template_name="moderation/report_done.html")


FIELDS = ("subject", "subject_id", "reason", "text", "name", "email", "good_faith")


def _id_in(link: str) -> str:
    """The last word of a link, without the @ of a handle."""
    return link.strip().partition("?")[0].rstrip("/").rpartition("/")[2].removeprefix("@")


def _form(said: Any, wrong: Any = None) -> dict[str, Any]:
    claims = [reason.value for reason in KINDS]
    return {
        "said": said,
        "wrong": wrong or {},
        "subjects": [(subject.value, name) for subject, name in NAMES.items()],
        "reasons": ReportReason.choices,
        "claims": claims,
        "hours": policy.CLAIMS["intimate"].hours,
    }


class Outcome(_Page):
    throttle_classes = [PerPerson, FewGlances]
    template_name = "moderation/report_outcome.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, receipt: str) -> Response:
        found = receipts.outcome(receipts.report_of(receipt))
        return Response(found | {"receipt": receipt})

    @extend_schema(exclude=True)
    def post(self, request: Request, receipt: str) -> Response:
        """Appeal, or object to a counter-notice."""
        wish = AppealSerializer(data={"text": request.data.get("text", "")})
        wish.is_valid(raise_exception=True)
        objects = request.data.get("do") == "object"
        act = services.contest if objects else services.appeal_with_receipt
        act(receipts.report_of(receipt), wish.validated_data["text"])
        return self.get(request, receipt)

"""Verifying: one question, asked by programs and on a page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.templatetags.static import static
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException, Throttled, ValidationError
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feed import verifying
from feed.verify_serializers import VerifiedSerializer, VerifyWishSerializer
from sora_social.errors import DomainError
from sora_social.floods import PerPerson
from sora_social.pages import STRICT, OpenPage
from sora_social.passing import Passing
from sora_social.schema import errors
from sora_social.uploads import GLIMPSE

ICON = "feed/ai-generated.svg"
POLICY = f"{STRICT}; img-src 'self'; form-action 'self'"
LIMIT = GLIMPSE.bytes


class FewChecks(PerPerson):
    """Each takes up to a second, and more where somebody means ill."""

    scope = "verify"


class _Verifying(APIView):
    throttle_classes = [PerPerson]

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """Nothing of what is sent is kept."""
        request.upload_handlers = [Passing(request, LIMIT)]
        return super().initialize_request(request, *args, **kwargs)

    def get_throttles(self) -> list[Any]:
        posted = [FewChecks()] if self.request.method == "POST" else []
        return [*super().get_throttles(), *posted]

    def verified(self, request: Request) -> dict[str, Any]:
        """Raises ValidationError, UploadRefused, LinkRefused, NotFound."""
        wish = VerifyWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        if file := wish.validated_data.get("file"):
            found = verifying.of_file(file)
        else:
            said = wish.validated_data["link"]
            found = verifying.of_link(said, request.get_host(), request.user)
        return found | {"icon": static(ICON) if found["ai_generated"] else None}


class Verify(_Verifying):
    permission_classes = [AllowAny]
    keyed_by_itself = True  # nothing is done, once or twice

    @extend_schema(
        request={
            "multipart/form-data": VerifyWishSerializer,
            "application/json": VerifyWishSerializer,
        },
        responses={200: VerifiedSerializer, **errors(400, 401, 404, 413, 429)},
    )
    def post(self, request: Request) -> Response:
        """Whether a file is ours and unchanged, what it was made from, and whether the people in it
        agree at this moment. Needs no account, and keeps nothing."""
        answer = VerifiedSerializer(self.verified(request)).data
        return Response(answer, headers={"Cache-Control": "no-store"})


class VerifyPage(_Verifying, OpenPage):
    """The same for people."""

    parser_classes = [MultiPartParser, FormParser]
    template_name = "feed/verify.html"

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return self._shown({"link": request.query_params.get("link", "")})

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        return self._shown({"found": self.verified(request)})

    def handle_exception(self, exc: Exception) -> Response:
        """Words in place of the API's error."""
        if isinstance(exc, DomainError):
            said = next((words[0] for words in exc.fields().values()), exc.message)
            return self._shown({"wrong": said}, exc.status)
        if isinstance(exc, Throttled):
            return self._shown({"wrong": "Too many at once: please try again later."}, 429)
        if isinstance(exc, ValidationError):
            said = next(iter(exc.detail.values()))[0]  # type: ignore[union-attr]
            return self._shown({"wrong": said}, 400)
        if isinstance(exc, APIException):
            return self._shown({"wrong": str(exc.detail)}, exc.status_code)
        return super().handle_exception(exc)

    def _shown(self, around: dict[str, Any], status: int = 200) -> Response:
        shown = {"site": settings.SITE_NAME, "most": LIMIT >> 20} | around
        return Response(shown, status, headers={"Content-Security-Policy": POLICY})

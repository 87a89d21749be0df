"""Plain pages of ours for everybody: they need no script and no account, and nobody keeps them."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

STRICT = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


class OpenPage(APIView):
    authentication_classes, permission_classes = [], [AllowAny]
    renderer_classes = [TemplateHTMLRenderer]

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Any:
        """What stands on these pages is for who asks, and for nobody's cache."""
        response["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *args, **kwargs)

"""What all views under `/v1` have in common: who may come in, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from sora_social.users.key_entry import ApiKeyAuthentication, HasScope
from sora_social.users.scopes import Scope
from sora_social.wire.bodies import PARSERS, bound
from sora_social.wire.errors import answer


class WireView(APIView):
    """A view under `/v1`. Whatever a client accepts, it gets JSON, or the file it asks for."""

    reads: ClassVar[str] = Scope.VIDEOS_READ  # what a key has to be good for
    writes: ClassVar[str] = Scope.VIDEOS_WRITE
    authentication_classes = (ApiKeyAuthentication,)
    parser_classes = PARSERS
    renderer_classes = (JSONRenderer,)
    schema = None  # it has a document of its own

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        bound(request)
        super().initial(request, *args, **kwargs)

    def get_permissions(self) -> list[BasePermission]:
        return [HasScope(self.reads, self.writes)]

    def get_exception_handler(self) -> Callable[..., Any]:
        return answer

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return JSONRenderer(), JSONRenderer.media_type

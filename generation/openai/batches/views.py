"""`/v1/batches`: parse, call, answer."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from generation.models import WireBatch
from generation.openai import ids
from generation.openai.batches import services
from generation.openai.batches.services import as_batch
from sora_social.idempotent import idempotent
from sora_social.users.keys import came_by
from sora_social.users.scopes import Scope
from sora_social.wire.bodies import Body
from sora_social.wire.pages import page
from sora_social.wire.views import WireView


class Batches(WireView):
    reads = writes = Scope.BATCHES

    @idempotent
    def post(self, request: Request) -> Response:
        begun = services.begin(request.user, came_by(request.auth), Body.of(request))
        return Response(as_batch(begun))

    def get(self, request: Request) -> Response:
        mine = WireBatch.objects.by(request.user)
        return Response(page(request, mine, ids.BATCH, as_batch))


class OneBatch(WireView):
    reads = writes = Scope.BATCHES

    def get(self, request: Request, pk: UUID) -> Response:
        return Response(as_batch(services.find(request.user, pk)))


class Cancellation(WireView):
    reads = writes = Scope.BATCHES

    def post(self, request: Request, pk: UUID) -> Response:
        return Response(as_batch(services.cancel(services.find(request.user, pk))))

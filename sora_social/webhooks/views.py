"""Endpoints and their deliveries, as OpenAI's clients ask for them."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from sora_social.errors import NotFound
from sora_social.floods import PerPerson
from sora_social.idempotent import idempotent
from sora_social.webhooks import sending, services
from sora_social.webhooks.errors import Unreachable
from sora_social.webhooks.models import Delivery, Endpoint
from sora_social.webhooks.serializers import (
    ChangeSerializer,
    RotationSerializer,
    TestSerializer,
    WishSerializer,
    logged,
    seen,
)
from sora_social.webhooks.types import EVENT_TYPES
from sora_social.webhooks.wire import DELIVERY, ENDPOINT, WireView, pk_of
from sora_social.wire.pages import page


def asked(serializer: Any, request: Request, *, partial: bool = False) -> dict[str, Any]:
    wish = serializer(data=request.data, partial=partial)
    wish.is_valid(raise_exception=True)
    return dict(wish.validated_data)


def endpoint_of(request: Request, wire_id: str) -> Endpoint:
    """The caller's own endpoint. Raises NotFound."""
    own = Endpoint.objects.of(request.auth)
    if (found := own.filter(pk=pk_of(wire_id, ENDPOINT)).first()) is None:
        raise NotFound
    return found


def delivery_of(request: Request, endpoint: str, wire_id: str) -> Delivery:
    """A delivery to the caller's own endpoint. Raises NotFound."""
    sent = endpoint_of(request, endpoint).deliveries.select_related("event", "endpoint")
    if (found := sent.filter(pk=pk_of(wire_id, DELIVERY)).first()) is None:
        raise NotFound
    return found


class EventTypes(WireView):
    def get(self, request: Request) -> Response:
        return Response({"object": "list", "data": list(EVENT_TYPES)})


class Endpoints(WireView):
    def get(self, request: Request) -> Response:
        """Newest first."""
        return Response(page(request, Endpoint.objects.of(request.auth), ENDPOINT, seen))

    @idempotent
    def post(self, request: Request) -> Response:
        wish = asked(WishSerializer, request) | {"app": request.auth.authorization_id}
        endpoint, secret = services.add(request.user, **wish)
        return Response(seen(endpoint, secret))


class OneEndpoint(WireView):
    def get(self, request: Request, endpoint: str) -> Response:
        return Response(seen(endpoint_of(request, endpoint)))

    @idempotent
    def post(self, request: Request, endpoint: str) -> Response:
        found = endpoint_of(request, endpoint)
        wanted = asked(ChangeSerializer, request, partial=True)
        return Response(seen(services.change(found, **wanted)))

    def delete(self, request: Request, endpoint: str) -> Response:
        services.remove(endpoint_of(request, endpoint))
        gone = {"id": endpoint, "object": "webhook_endpoint.deleted", "deleted": True}
        return Response(gone)


class SecretRotation(WireView):
    @idempotent
    def post(self, request: Request, endpoint: str) -> Response:
        found = endpoint_of(request, endpoint)
        keep = asked(RotationSerializer, request)["keep_old_secret_active_for_24_hours"]
        return Response(seen(*services.rotate_secret(found, keep_old=keep)))


class PerTester(PerPerson):
    scope = "webhook_test"


class EndpointTest(WireView):
    throttle_classes = [PerTester]

    def post(self, request: Request, endpoint: str) -> Response:
        """Send a made-up event now; the answer says what the endpoint said."""
        found = endpoint_of(request, endpoint)
        event_type = asked(TestSerializer, request)["event_type"]
        said = sending.send(found, sending.example(event_type))
        if said.status is None:
            raise Unreachable(said.error)
        told = {
            "object": "webhook_endpoint.test",
            "success": True,
            "status_code": said.status,
            "event_type": event_type,
            "webhook_endpoint_id": found.wire_id,
        }
        return Response(told)


class Deliveries(WireView):
    def get(self, request: Request, endpoint: str) -> Response:
        """Newest first, for 30 days."""
        sent = endpoint_of(request, endpoint).deliveries.select_related("event")
        return Response(page(request, sent, DELIVERY, logged))


class OneDelivery(WireView):
    def get(self, request: Request, endpoint: str, delivery: str) -> Response:
        return Response(logged(delivery_of(request, endpoint, delivery)))


class DeliveryReplay(WireView):
    @idempotent
    def post(self, request: Request, endpoint: str, delivery: str) -> Response:
        found = delivery_of(request, endpoint, delivery)
        return Response(logged(services.replay(found)))

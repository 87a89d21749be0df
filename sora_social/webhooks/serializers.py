"""What clients send, and what endpoints, deliveries and tests look like on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.utils import html

from sora_social.text import is_plain
from sora_social.webhooks.models import Delivery, Endpoint
from sora_social.webhooks.types import EVENT_TYPES, DeliveryState


class Text(serializers.CharField):
    """A string; a number is none."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if not is_plain(data):
            raise serializers.ValidationError("Not plain text.", code="value")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false; in a form, their words."""

    def to_internal_value(self, data: Any) -> bool:
        in_form = html.is_html_input(self.root.initial_data)
        if not isinstance(data, bool) and not (in_form and data in ("true", "false")):
            self.fail("invalid", input=data)
        return bool(super().to_internal_value(data))


class WishSerializer(serializers.Serializer):
    """What an endpoint should be; for a change every field may be left out."""

    name = Text(max_length=256)
    url = Text(max_length=2048)
    event_types = serializers.ListField(
        child=serializers.ChoiceField(EVENT_TYPES), allow_empty=False, max_length=100
    )


class ChangeSerializer(WishSerializer):
    enabled = Flag()


class RotationSerializer(serializers.Serializer):
    keep_old_secret_active_for_24_hours = Flag(default=False)


class TestSerializer(serializers.Serializer):
    event_type = serializers.ChoiceField(EVENT_TYPES)


def seen(endpoint: Endpoint, secret: str | None = None) -> dict[str, Any]:
    """An endpoint; with its secret only where that has just been made."""
    shown = {
        "id": endpoint.wire_id,
        "object": "webhook_endpoint",
        "name": endpoint.name,
        "url": endpoint.url,
        "event_types": endpoint.event_types,
        "created_at": seconds(endpoint.made_at),
        "updated_at": seconds(endpoint.changed_at),
        "signing_secret_hint": endpoint.hint,
        "enabled": endpoint.enabled,
    }
    return shown | ({"signing_secret": secret} if secret else {})


def logged(delivery: Delivery) -> dict[str, Any]:
    """A delivery: what came of its last attempt, and when the next one is."""
    is_pending = delivery.state == DeliveryState.PENDING
    return {
        "id": delivery.wire_id,
        "object": "webhook_delivery",
        "webhook_endpoint_id": f"we_{delivery.endpoint_id.hex}",
        "event_id": delivery.event_id,
        "event_type": delivery.event.type,
        "data": delivery.event.data,
        "status": delivery.state,
        "attempts": delivery.attempts,
        "replays": delivery.replays,
        "status_code": delivery.response_code,
        "latency_ms": delivery.latency_ms,
        "error": delivery.error or None,
        "created_at": seconds(delivery.event.made_at),
        "attempted_at": seconds(delivery.attempted_at),
        "next_attempt_at": seconds(delivery.due_at) if is_pending else None,
    }


def seconds(when: datetime | None) -> int | None:
    """Unix time."""
    return int(when.timestamp()) if when else None

"""What can be heard of, and what a fact says."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import models

EVENT_TYPES = (
    "video.completed",
    "video.failed",
    "batch.completed",
    "batch.failed",
    "batch.expired",
    "batch.cancelled",
)


class Fact(NamedTuple):
    """Something that became true, as the wire says it."""

    type: str  # one of EVENT_TYPES
    data: dict[str, Any]
    via: str = ""  # by which key or app it came about (`users.keys.came_by`)


class DeliveryState(models.TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"  # given up

"""Endpoints and facts for tests, and time that passes without anybody waiting."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F

from sora_social import outbox
from sora_social.users.models import User
from sora_social.webhooks import services
from sora_social.webhooks.models import Delivery, Endpoint
from sora_social.webhooks.types import EVENT_TYPES

PUBLIC = "https://93.184.215.14/hook"


def listening(owner: User, url: str = PUBLIC, types: tuple[str, ...] = EVENT_TYPES) -> Endpoint:
    return services.add(owner, "Mine", url, types)[0]


def video_ended(author: User, state: str = "done", job: str = "", **more: object) -> str:
    """A job for the API ends, as generation says it; the id of the job."""
    job = job or str(uuid4())
    with transaction.atomic():
        told = {"job": job, "state": state, "reason": "", "surfaces": ["api"]} | more
        outbox.write(f"job:{job}:{state}", author.pk, "job_ended", **told)
    return job


def let_pass(time: timedelta) -> None:
    """Everything of deliveries and endpoints is so much longer ago."""
    Delivery.objects.update(begun_at=F("begun_at") - time, due_at=F("due_at") - time)
    Delivery.objects.update(lease_until=F("lease_until") - time)
    Endpoint.objects.update(failing_since=F("failing_since") - time)

"""The mailbox: what a person should know, kept until read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.timezone import now

from sora_social.ids import uuid7


class Notice(models.Model):
    """One thing told to one person, once (`event_key`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    event_key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="notice_mailbox")]

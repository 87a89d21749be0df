"""What was counted of a month and published; it is not counted again."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.timezone import now


class TransparencyReport(models.Model):
    month = models.CharField(max_length=7, primary_key=True)  # 2026-05
    rows: Any = models.JSONField(default=list)  # [part, what, count as it is shown]
    head = models.CharField(max_length=64)  # of the audit chain, when it was counted
    made_at = models.DateTimeField(default=now)

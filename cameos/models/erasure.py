"""What still has to be destroyed elsewhere after a likeness is gone, and by when."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.timezone import now

BACKUPS_WITHIN = timedelta(days=30)


def in_backups() -> object:
    return now() + BACKUPS_WITHIN


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def open(self) -> ErasureQuerySet:
        return self.filter(done_at=None).order_by("due_at")

    def overdue(self) -> ErasureQuerySet:
        return self.open().filter(due_at__lte=Now())


class Erasure(models.Model):
    """A revoked cameo whose files and rows may still lie in backups. It outlives the cameo's row,
    and names no person."""

    cameo_id = models.UUIDField(unique=True)
    made_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(default=in_backups)
    done_at = models.DateTimeField(null=True)

    objects = ErasureQuerySet.as_manager()

"""What a person agreed to before showing their face: written first, kept as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from cameos.states import Purpose, bits
from sora_social.ids import uuid7
from sora_social.users.models import User

KEPT = timedelta(days=5 * 365)  # as a proof, after the person has gone


class ReleaseChanged(Exception):
    """Somebody tried to change what was agreed to."""


class ReleaseQuerySet(models.QuerySet["Release"]):
    def of(self, cameo: UUID) -> ReleaseQuerySet:
        """Those of one cameo, the newest first."""
        return self.filter(cameo_id=cameo).order_by("-pk")

    def update(self, **changes: Any) -> int:
        raise ReleaseChanged()

    def unname(self, person: User) -> int:
        """The one change there is: of who has left, that it was agreed to remains."""
        return models.QuerySet.update(self.filter(person=person), person=None, left_at=now())

    def forgettable(self) -> ReleaseQuerySet:
        return self.filter(left_at__lte=Now() - KEPT)


class Release(models.Model):
    """That a person agreed to a text, for which purposes, and declared to be an adult. It is only
    ever added to; it outlives account and cameo, then without the person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    cameo_id = models.UUIDField(db_index=True)
    version = models.PositiveSmallIntegerField()
    locale = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64)  # of the text as it was shown
    purposes = models.PositiveIntegerField()  # bits of Purpose
    adult = models.BooleanField()
    made_at = models.DateTimeField(default=now)
    left_at = models.DateTimeField(null=True)  # when the person had the account deleted

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(adult=True), name="release_of_an_adult"),
            models.CheckConstraint(condition=Q(purposes__gt=0), name="release_for_something"),
        ]
        indexes = [
            models.Index(
                fields=["left_at"], name="release_left", condition=Q(left_at__isnull=False)
            )
        ]

    def covers(self, *purposes: Purpose) -> bool:
        """Was it given for all of these?"""
        asked = bits(purposes, Purpose)
        return self.purposes & asked == asked

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ReleaseChanged()
        super().save(*args, **kwargs)

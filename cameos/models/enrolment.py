"""The capture that proves a likeness: what was asked, what was answered, which pictures stay."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from sora_social.ids import uuid7
from sora_social.users.models import User


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    def open(self) -> ChallengeQuerySet:
        """Those that can still be answered."""
        return self.filter(used_at=None, superseded_at=None, expires_at__gt=now())

    def failed_by(self, person: User, since: datetime) -> ChallengeQuerySet:
        """Those a person answered, and not well; an answer still being looked at is no failure."""
        return (
            self.filter(cameo__owner=person.pk, used_at__gt=since)
            .filter(Q(capture=None) | Q(capture__passed=False))
            .order_by("used_at")
        )

    def drawn_by(self, person: User, since: datetime) -> ChallengeQuerySet:
        return self.filter(cameo__owner=person.pk, made_at__gt=since).order_by("made_at")


class Challenge(models.Model):
    """What the person must do before the camera: once, soon, on this account."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cameo = models.ForeignKey("cameos.Cameo", models.CASCADE, related_name="challenges")
    nonce = models.CharField(max_length=43, unique=True)
    turns = models.JSONField()
    digits = models.CharField(max_length=3)
    language = models.CharField(max_length=35, default="en")  # in which they are said
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)

    objects = ChallengeQuerySet.as_manager()


class CaptureQuerySet(models.QuerySet["Capture"]):
    def waiting(self) -> CaptureQuerySet:
        return self.filter(passed=None)

    def others_with_prints(self, capture: Capture) -> CaptureQuerySet:
        return self.exclude(pk=capture.pk).exclude(prints=b"")

    def free(self) -> CaptureQuerySet:
        """Those that wait, and that no worker is looking at."""
        return self.waiting().filter(Q(claimed_until=None) | Q(claimed_until__lt=Now()))


class Capture(models.Model):
    """One answer to a challenge, and what was found in it. Similarities never leave the server."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    challenge = models.OneToOneField(Challenge, models.CASCADE, related_name="capture")
    sha256 = models.CharField(max_length=64, unique=True)  # no clip is ever taken twice
    prints = models.BinaryField(default=b"")  # of its movement: uint64, little end first
    mirrored = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=now)
    # A worker looks at it in a lease; `tries` counts the workers that were lost over it.
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(default=now)
    passed = models.BooleanField(null=True)  # None: still to be looked at
    reasons = models.JSONField(default=list)
    doubts = models.JSONField(default=list)

    objects = CaptureQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["sent_at"], name="capture_waiting", condition=Q(passed=None))
        ]

    @property
    def key(self) -> str:
        """Where the clip lies until it was looked at."""
        return f"quarantine/{self.pk}"


class Renewal(models.Model):
    """A likeness shown anew that waits for a moderator; until then the older one stands."""

    cameo = models.OneToOneField("cameos.Cameo", models.CASCADE, related_name="renewal")
    capture = models.OneToOneField(Capture, models.CASCADE, related_name="+")
    pack_id = models.CharField(max_length=64)
    template = models.BinaryField()
    wrapped_key = models.BinaryField()
    pictures = models.JSONField(default=dict)  # sha256 by storage key, best first
    made_at = models.DateTimeField(default=now)


class ReferencePicture(models.Model):
    """A picture of the likeness that conditions generation; the best frames of the capture."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cameo = models.ForeignKey("cameos.Cameo", models.CASCADE, related_name="references")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["cameo", "position"], name="reference_position")
        ]

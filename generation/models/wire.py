"""What the developers' API keeps beside a job: how a video was asked for there, and files."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from generation.models.jobs import Job
from sora_social.ids import uuid7
from sora_social.users.models import User


class WireVideoQuerySet(models.QuerySet["WireVideo"]):
    def by(self, person: User) -> WireVideoQuerySet:
        return self.filter(job__author=person.pk)


class WireVideo(models.Model):
    """A job as a client of the developers' API knows it: in the client's own words.

    Deleting it there deletes this row and the job's outputs; the job stays for the ledger.
    """

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="wire_video")
    model = models.CharField(max_length=64)
    prompt = models.CharField(max_length=32_000)
    size = models.CharField(max_length=16)  # "720x1280"
    seconds = models.CharField(max_length=8)  # of the whole file: "8"
    remixed_from = models.UUIDField(null=True)  # the job of the video it was made from
    extensions = models.PositiveSmallIntegerField(default=0)  # how often it was extended
    expires_at = models.DateTimeField(null=True)  # its files go then; null: never by themselves
    is_dropped = models.BooleanField(default=False)  # its files went when they were to
    audience = models.CharField(max_length=12, blank=True)  # to be posted to, once it is done
    posted = models.CharField(max_length=40, blank=True)  # the post that it became
    not_posted = models.JSONField(null=True)  # why it became none: {"code", "message"}

    objects = WireVideoQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="wire_video_expires",
                condition=Q(expires_at__isnull=False, is_dropped=False),
            )
        ]

    @property
    def is_over(self) -> bool:
        """Whether its files have gone, or go with the next sweep."""
        return self.expires_at is not None and self.expires_at <= now()


class WireFileQuerySet(models.QuerySet["WireFile"]):
    def by(self, person: User) -> WireFileQuerySet:
        return self.filter(owner=person.pk)

    def live(self) -> WireFileQuerySet:
        """Those that have not expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now()))


class WireFile(models.Model):
    """A picture uploaded beforehand, to begin videos with, made anew; a clip to work on, likewise;
    the requests of a batch, or what came of them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="wire_files")
    filename = models.CharField(max_length=200)
    purpose = models.CharField(max_length=12)
    size = models.PositiveIntegerField()  # bytes
    key = models.CharField(max_length=120)  # in the store
    made_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(null=True)  # it goes then; null: never by itself

    objects = WireFileQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="wire_file_expires",
                condition=Q(expires_at__isnull=False),
            )
        ]

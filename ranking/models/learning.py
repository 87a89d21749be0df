"""What was made, and what was learned from it."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now

from sora_social.ids import snowflake


class Made(models.TextChoices):
    """What somebody made, or said for good; known from rows of ours, never from a client."""

    GENERATE = "generate"
    KEEP = "keep"  # an hour later it had not been thrown away
    POST = "post"
    CAMEO_USE = "cameo_use"
    REMIX = "remix"
    LIKE = "like"
    REPORT = "report"


class Creation(models.Model):
    """Something that was made, and an impression that inspired it, with its share of the credit.

    Place 0 is there once for everything that was made, without a page when nothing inspired it.
    """

    id = models.BigIntegerField(primary_key=True, default=snowflake, editable=False)
    kind = models.CharField(max_length=12, choices=Made)
    subject = models.CharField(max_length=40)  # the number of the row that says so
    place = models.PositiveSmallIntegerField(default=0)  # among what inspired it, the best first
    viewer = models.BigIntegerField()
    at = models.DateTimeField()
    page = models.UUIDField(null=True)
    item = models.BigIntegerField(null=True)
    position = models.PositiveSmallIntegerField(null=True)
    credit = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject", "place"], name="attributed_once"),
            models.CheckConstraint(
                condition=models.Q(credit__gte=0, credit__lte=1), name="credit_is_a_share"
            ),
        ]
        indexes = [
            models.Index(fields=["page"], name="creations_of_page"),
            models.Index(fields=["viewer", "-at"], name="creations_of_viewer"),
        ]


class Profile(models.Model):
    """What a person makes and watches, as sums that fade: one row, read when a page is served."""

    viewer = models.BigIntegerField(primary_key=True)
    created = models.BinaryField(default=b"")  # 32 little-endian float32
    watched = models.BinaryField(default=b"")
    creations = models.FloatField(default=0)  # faded counts
    served = models.FloatField(default=0)
    authors = models.JSONField(default=dict)  # author: how much the viewer answered them, faded
    made_at = models.FloatField(default=0)  # the last time, Unix seconds
    at = models.FloatField(default=0)  # Unix seconds to which all of it has faded


class Mark(models.Model):
    """How far something has been read."""

    name = models.CharField(max_length=20, primary_key=True)
    place = models.BigIntegerField(default=0)


class TrainedModel(models.Model):
    """A model that was trained: how it did on what it had not seen, and whether it serves."""

    id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(default=now)
    examples = models.PositiveBigIntegerField()
    figures = models.JSONField(default=dict)
    promoted = models.BooleanField(default=False)
    file = models.BinaryField(default=b"")  # an .npz, see network.py; empty when it lost
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(promoted=False) | ~models.Q(sha256=""), name="promoted_has_file"
            )
        ]

    @property
    def name(self) -> str:
        """As pages name it that it ordered."""
        return f"model-{self.pk}"

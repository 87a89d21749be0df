"""What may not come back: hashes of what a claim or a decision took down."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now

from sora_social.moderation.models.cases import Case


class BarQuerySet(models.QuerySet["Bar"]):
    def standing(self) -> BarQuerySet:
        return self.filter(lifted_at=None)


class Bar(models.Model):
    """One file that may not come back, nor what looks like it. Numbers are given under a lock, so
    that a higher one was committed later."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, models.CASCADE, related_name="bars")
    source = models.CharField(max_length=40)  # the id of what was taken down, as text
    sha256 = models.CharField(max_length=64, blank=True)
    prints = models.BinaryField(default=b"")  # hashes (K, width, 4); sora_social.resemblance
    width = models.PositiveSmallIntegerField(default=1)  # hashes of each frame: crops, mirrors
    made_at = models.DateTimeField(default=now)
    swept_at = models.DateTimeField(null=True)  # copies that were there already are down
    lifted_at = models.DateTimeField(null=True)

    objects = BarQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "source"],
                condition=models.Q(lifted_at__isnull=True),
                name="barred_once_per_case",
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="bars_to_sweep",
                condition=models.Q(swept_at__isnull=True, lifted_at__isnull=True),
            )
        ]

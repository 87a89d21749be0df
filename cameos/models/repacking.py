"""Which likenesses are being embedded anew, for another model pack."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from sora_social.ids import uuid7


class RepackingQuerySet(models.QuerySet["Repacking"]):
    def free(self) -> RepackingQuerySet:
        """Those that no worker is looking at, and that were not given up."""
        unclaimed = Q(claimed_until=None) | Q(claimed_until__lt=Now())
        return self.filter(unclaimed, given_up=False)


class Repacking(models.Model):
    """A likeness that a worker embeds anew in a pack, once; what was given up stays, so that it is
    not tried for ever."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cameo = models.ForeignKey("cameos.Cameo", models.CASCADE, related_name="repackings")
    pack_id = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(default=now)
    given_up = models.BooleanField(default=False)

    objects = RepackingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cameo", "pack_id"], name="one_repacking_each")
        ]
        indexes = [
            models.Index(fields=["sent_at"], name="repacking_open", condition=Q(given_up=False))
        ]

"""What a moderator let pass that screening had stopped."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.timezone import now


class Pardon(models.Model):
    """A wish of somebody that a rule of one version of the policy does not stop, as far as only
    these layers say so."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="pardons")
    fingerprint = models.CharField(max_length=64)  # generation.pardoning
    policy = models.CharField(max_length=40)
    rule = models.CharField(max_length=60)
    layers = models.CharField(max_length=120)  # names, sorted, with blanks between them
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "fingerprint", "policy", "rule", "layers"], name="pardoned_once"
            )
        ]

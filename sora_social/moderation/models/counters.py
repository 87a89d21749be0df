"""Counter-notices: whose work was taken down says that it was not the claimant's to take."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.timezone import now

from sora_social.moderation.models.cases import Case


class CounterNotice(models.Model):
    """Once for each case. It is shown again at `restores_at`, unless the claimant objects."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="counter")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    text = models.CharField(max_length=1000)
    sealed = models.TextField(blank=True)  # the name it is signed with
    made_at = models.DateTimeField(default=now)
    restores_at = models.DateTimeField()
    objected_at = models.DateTimeField(null=True)
    objection = models.CharField(max_length=1000, blank=True)
    restored_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["restores_at"],
                name="counters_waiting",
                condition=models.Q(objected_at__isnull=True, restored_at__isnull=True),
            )
        ]

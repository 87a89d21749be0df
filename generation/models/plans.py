"""Which plan a person has, from when to when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now


class Subscription(models.Model):
    """A plan of `plans.toml` for a person; of two at once the later begun counts."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="subscriptions"
    )
    plan = models.CharField(max_length=24)
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True, blank=True)  # none: until further notice

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("since")), name="ends_after_it_began"
            )
        ]
        indexes = [models.Index(fields=["person", "-since"], name="subscription_of")]

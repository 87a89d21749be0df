"""What people have to spend, and every movement of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from generation.models.jobs import Job


class Account(models.Model):
    """A person's credits. The ledger says how they came about; the sums must agree."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="account"
    )
    available = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    spent = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(available__gte=0), name="available_not_below_0"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="reserved_not_below_0"),
        ]


class EntryKind(models.TextChoices):
    GRANT = "grant"
    RESERVE = "reserve"
    SETTLE = "settle"
    RELEASE = "release"


class LedgerEntry(models.Model):
    """A movement of credits. A job reserves once, and settles or releases once."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="entries")
    job = models.ForeignKey(Job, models.CASCADE, null=True, related_name="entries")
    kind = models.CharField(max_length=8, choices=EntryKind)
    amount = models.PositiveIntegerField()
    day = models.DateField(null=True)  # of a daily grant
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job"], condition=Q(kind=EntryKind.RESERVE), name="reserve_once"
            ),
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(kind__in=[EntryKind.SETTLE, EntryKind.RELEASE]),
                name="close_once",
            ),
            models.UniqueConstraint(
                fields=["account", "day"],
                condition=Q(kind=EntryKind.GRANT),
                name="one_grant_per_day",
            ),
        ]

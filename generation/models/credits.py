"""What people have to spend, and every movement of it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from generation.models.jobs import Job


class Account(models.Model):
    """A person's credits. The ledger says how they came about; the sums must agree."""

    at: datetime  # by the database's clock, of an account that was read to be changed

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="account"
    )
    available = models.IntegerField(default=0)
    in_lots = models.IntegerField(default=0)  # of what is available; the rest came day by day
    filled_on = models.DateField(null=True)  # the last day that its free credits came
    reserved = models.IntegerField(default=0)
    spent = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(available__gte=0), name="available_not_below_0"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="reserved_not_below_0"),
            models.CheckConstraint(
                condition=Q(in_lots__gte=0, in_lots__lte=F("available")), name="lots_are_available"
            ),
        ]


class Lot(models.Model):
    """Credits that were given at once, a pack, perhaps until a day; `left` of them may be spent."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="lots")
    amount = models.PositiveIntegerField()
    left = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)  # none: they stay

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(left__gte=0, left__lte=F("amount")), name="lot_not_overdrawn"
            )
        ]
        indexes = [
            models.Index(fields=["account"], name="lot_in_use", condition=Q(left__gt=0)),
            models.Index(fields=["expires_at"], name="lot_expiring", condition=Q(left__gt=0)),
        ]


class LotUse(models.Model):
    """What of a job's cost came out of a lot. Released it goes, settled it stays."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="lot_uses")
    lot = models.ForeignKey(Lot, models.CASCADE, related_name="uses")
    amount = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "lot"], name="lot_once_per_job"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="lot_use_of_something"),
        ]


class EntryKind(models.TextChoices):
    GRANT = "grant"
    RESERVE = "reserve"
    SETTLE = "settle"
    RELEASE = "release"
    EXPIRE = "expire"


class LedgerEntry(models.Model):
    """A movement of credits. A job reserves once, and settles or releases once; a lot is granted
    once, and expires once and whenever something comes back to it later."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="entries")
    job = models.ForeignKey(Job, models.CASCADE, null=True, related_name="entries")
    lot = models.ForeignKey(Lot, models.CASCADE, null=True, related_name="entries")
    kind = models.CharField(max_length=8, choices=EntryKind)
    amount = models.PositiveIntegerField()
    day = models.DateField(null=True)  # of a daily grant
    made_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "ledger entries"
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
            models.UniqueConstraint(
                fields=["lot"], condition=Q(kind=EntryKind.GRANT), name="one_grant_per_lot"
            ),
        ]

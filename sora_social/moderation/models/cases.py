"""Reports, the cases they open, what is down, strikes, appeals. Subjects are known by name."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import now

from sora_social.ids import uuid7
from sora_social.moderation.states import (
    AGAINST,
    APPEAL_WITHIN,
    CASE_MOVES,
    UNDECIDED,
    CaseKind,
    CaseState,
    Decision,
    Outcome,
    Reason,
    ReportReason,
    Subject,
)
from sora_social.states import Stateful
from sora_social.users.models import User


class CaseQuerySet(models.QuerySet["Case"]):
    def undecided(self) -> CaseQuerySet:
        return self.filter(state__in=UNDECIDED)

    def concerning(self, person: User) -> CaseQuerySet:
        """Those a person may know of: decided against them, or reported by them."""
        here = OuterRef("pk")
        against = Case.against.through.objects.filter(case=here, user=person.pk)
        reported = Report.objects.filter(case=here, reporter=person.pk)
        return self.filter(Q(Exists(against)) | Q(Exists(reported)))


class Case(Stateful):
    """What moderators work on: one open case of a kind per subject gathers all its reports."""

    moves: ClassVar = CASE_MOVES
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(
        max_length=12, choices=CaseState, default=CaseState.OPEN, editable=False
    )
    subject = models.CharField(max_length=12, choices=Subject)
    subject_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=CaseKind, default=CaseKind.REPORT)
    facts = models.JSONField(default=dict, blank=True)  # why it was opened, when nobody reported
    made_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(null=True, editable=False)  # until when it must be decided
    reported = models.PositiveIntegerField(default=0, editable=False)  # how often, rows or not
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    decision = models.CharField(max_length=12, choices=Decision, blank=True)
    reason = models.CharField(max_length=500, choices=Reason, blank=True)
    note = models.CharField(max_length=1000, blank=True)  # for other moderators, told to nobody
    decided_at = models.DateTimeField(null=True, editable=False)
    # whom the decision goes against: they hear of it
    against = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="cases_against")

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id", "kind"],
                condition=Q(state__in=[CaseState.OPEN, CaseState.CLAIMED]),
                name="one_open_case_per_subject",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[CaseState.DECIDED, CaseState.APPEALED])
                | ~Q(decision="") & ~Q(reason=""),
                name="decided_has_reason",
            ),
        ]
        indexes = [models.Index(fields=["subject", "subject_id"], name="cases_of_subject")]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}"

    @property
    def appeal_until(self) -> datetime | None:
        """Until when it may be appealed; None while it is undecided, and for reviews."""
        appealable = self.decision in (*AGAINST, Decision.KEEP)
        return self.decided_at + APPEAL_WITHIN if self.decided_at and appealable else None

    @property
    def is_overdue(self) -> bool:
        return self.due_at is not None and self.state in UNDECIDED and self.due_at < now()


class Report(models.Model):
    """By a member, or by somebody without an account, who keeps a receipt."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="reports"
    )
    by = models.CharField(max_length=64, blank=True)  # keyed digest of who has no account
    receipt = models.CharField(max_length=64, null=True, unique=True)  # SHA-256 of the receipt
    sealed = models.TextField(blank=True)  # who it is, as they signed; sora_social.sealing
    signed = models.JSONField(default=list)  # what of a claim is there: names of policy.CHECKS
    reason = models.CharField(max_length=40, choices=ReportReason)
    text = models.CharField(max_length=1000, blank=True)
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "reporter"], name="report_once_per_case")
        ]
        indexes = [models.Index(fields=["by"], name="reports_by", condition=~Q(by=""))]


class TakedownQuerySet(models.QuerySet["Takedown"]):
    def standing(self) -> TakedownQuerySet:
        return self.filter(lifted_at=None)

    def of(self, subject: str) -> models.QuerySet[Takedown, str]:
        """The ids, as text, of what is down now."""
        return self.standing().filter(subject=subject).values_list("subject_id", flat=True)


class Takedown(models.Model):
    """A subject that is down from `made_at` until it is lifted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField(max_length=12, choices=Subject)
    subject_id = models.CharField(max_length=40)
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    reason = models.CharField(max_length=500)
    by_strikes = models.BooleanField(default=False)  # ends by itself when fewer of them stand
    case = models.ForeignKey(Case, models.SET_NULL, null=True, related_name="hides")  # of a claim
    made_at = models.DateTimeField(default=now)
    lifted_at = models.DateTimeField(null=True)

    objects = TakedownQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id"],
                condition=Q(lifted_at__isnull=True),
                name="down_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["made_at"],
                name="down_by_strikes",
                condition=Q(by_strikes=True, lifted_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}"


class StrikeQuerySet(models.QuerySet["Strike"]):
    def standing(self) -> StrikeQuerySet:
        """Those that count now: neither taken back nor expired."""
        return self.filter(lifted_at=None, expires_at__gt=now())


class Strike(models.Model):
    """What a decision against somebody costs, from `made_at` until it expires or is taken back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="strikes")
    case = models.ForeignKey(Case, models.SET_NULL, null=True, related_name="strikes")
    reason = models.CharField(max_length=20, choices=Reason)
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    objects = StrikeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "case"], name="one_strike_per_case")
        ]
        indexes = [models.Index(fields=["person", "expires_at"], name="strikes_of")]

    @property
    def stands(self) -> bool:
        return self.lifted_at is None and self.expires_at > now()


class Appeal(models.Model):
    """One side asks another moderator to look again; once for each case."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="appeal")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    text = models.CharField(max_length=1000)
    made_at = models.DateTimeField(default=now)
    decision = models.CharField(max_length=12, choices=Decision)  # what it is against
    decision_reason = models.CharField(max_length=20, choices=Reason)
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )  # who holds it, and then who settled it
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    settled_at = models.DateTimeField(null=True)

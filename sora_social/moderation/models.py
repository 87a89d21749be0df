"""Reports, the cases they open, and what is down now. Subjects are named, never imported."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from sora_social.ids import uuid7
from sora_social.states import Stateful


class Subject(models.TextChoices):
    """What can be reported or taken down; the id is the subject's own, as text."""

    POST = "post"
    OUTPUT = "output"
    COMMENT = "comment"
    CAMEO = "cameo"
    PERSON = "person"


class ReportReason(models.TextChoices):
    LIKENESS = "likeness", "Somebody's likeness without leave"
    MINOR = "minor", "A child is shown or endangered"
    SEXUAL = "sexual", "Sexual"
    VIOLENCE = "violence", "Violence"
    HARASSMENT = "harassment", "Harassment or hate"
    DECEPTION = "deception", "Meant to deceive"
    SPAM = "spam", "Spam"
    OTHER = "other", "Something else"


class Decision(models.TextChoices):
    KEEP = "keep", "Keep"
    TAKE_DOWN = "take_down", "Take down"


class CaseKind(models.TextChoices):
    """What opened a case."""

    REPORT = "report", "Reported"
    PATTERN = "pattern", "Pattern of attempts"


class CaseState(models.TextChoices):
    OPEN = "open"
    CLAIMED = "claimed"
    DECIDED = "decided"
    APPEALED = "appealed"
    SETTLED = "settled"


CASE_MOVES = {
    CaseState.OPEN: {CaseState.CLAIMED},
    CaseState.CLAIMED: {CaseState.OPEN, CaseState.DECIDED},
    CaseState.DECIDED: {CaseState.APPEALED},
    CaseState.APPEALED: {CaseState.SETTLED},
}


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
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    decision = models.CharField(max_length=12, choices=Decision, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id", "kind"],
                condition=Q(state__in=[CaseState.OPEN, CaseState.CLAIMED]),
                name="one_open_case_per_subject",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}"


class Report(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports")
    reason = models.CharField(max_length=40, choices=ReportReason)
    text = models.CharField(max_length=1000, blank=True)
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "reporter"], name="report_once_per_case")
        ]


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

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}"

"""What was asked at the gates of a likeness, and on what terms the answer stood."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from cameos.states import Gate, Rule


class GateQuerySet(models.QuerySet["GateRecord"]):
    def refused(self) -> GateQuerySet:
        return self.exclude(rule="")

    def of_likeness(self, person_id: int) -> GateQuerySet:
        """Of the person's own cameos."""
        return self.filter(cameo__owner=person_id)


class GateRecord(models.Model):
    """One answer at one gate. What passed is kept once for each person and revision of the terms,
    what was refused as often as it was tried."""

    gate = models.CharField(max_length=8, choices=Gate)
    subject_id = models.CharField(max_length=40, blank=True)  # of the job; none before there is one
    person = models.ForeignKey("users.User", models.CASCADE, related_name="+")  # who wanted it
    cameo = models.ForeignKey("cameos.Cameo", models.CASCADE, related_name="gate_records")
    consent = models.ForeignKey("cameos.Consent", models.SET_NULL, null=True, related_name="+")
    revision = models.PositiveIntegerField()  # of the cameo's terms
    rule = models.CharField(max_length=12, choices=Rule, blank=True)  # empty: it passed
    at = models.DateTimeField(default=now)

    objects = GateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gate", "subject_id", "person", "cameo", "revision"],
                condition=Q(rule=""),
                name="passed_once",
            )
        ]
        indexes = [
            models.Index(fields=["cameo", "-at"], name="refused_of", condition=~Q(rule="")),
        ]

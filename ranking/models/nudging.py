"""Invitations: the trials, the answers, and what is believed of them."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class NudgeState(models.Model):
    """What a person answered to nudges: dismissals are kept, 'never' is for good."""

    viewer = models.BigIntegerField(primary_key=True)
    never = models.BooleanField(default=False)
    shown_at = models.JSONField(default=list)  # Unix seconds, newest last
    dismissed_at = models.JSONField(default=list)
    own = models.JSONField(default=dict)  # arm: what it did for this person, see bandit.Own


class NudgeTrial(models.Model):
    """One arm drawn against none: its chance, whether it was shown, and what came of it."""

    page = models.UUIDField(unique=True)
    viewer = models.BigIntegerField()
    at = models.DateTimeField()
    ends_at = models.DateTimeField()  # of the window in which events belong to the nudge
    arm = models.CharField(max_length=24)
    shown = models.BooleanField()
    chance = models.FloatField()  # of being shown
    context = models.JSONField(default=list)  # in the order of bandit.FEATURES
    settled = models.BooleanField(default=False)  # what follows is known, and was learned from
    created = models.BooleanField(default=False)
    accepted = models.BooleanField(default=False)
    dismissed = models.BooleanField(default=False)
    never = models.BooleanField(default=False)
    regret = models.FloatField(null=True)
    reward = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(chance__gte=0.1, chance__lte=0.9), name="both_sides_are_drawn"
            )
        ]
        indexes = [
            models.Index(fields=["viewer", "at"], name="trials_of_viewer"),
            models.Index(fields=["at"], name="trials_open", condition=models.Q(settled=False)),
        ]


class NudgeBelief(models.Model):
    """What is believed of every arm, in one row."""

    ONLY = 1
    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    lines = models.JSONField(default=dict)  # see bandit.as_json
    trials = models.PositiveBigIntegerField(default=0)
    learned_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_belief")]

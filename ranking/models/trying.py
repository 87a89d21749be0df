"""Experiments, who met them, and groups of friends."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import ClassVar

from django.db import models
from django.utils.timezone import now

from sora_social.states import Stateful


class ExperimentState(models.TextChoices):
    PLANNED = "planned"
    RUNNING = "running"
    STOPPED = "stopped"


EXPERIMENT_MOVES: dict[str, set[str]] = {
    ExperimentState.PLANNED: {ExperimentState.RUNNING},
    ExperimentState.RUNNING: {ExperimentState.STOPPED},
}


def new_salt() -> str:
    return secrets.token_hex(8)


class Experiment(Stateful):
    """The run of what `experiments.toml` defines under this name. It runs once: whoever was in one
    arm is not put into another later."""

    moves: ClassVar = EXPERIMENT_MOVES
    name = models.CharField(max_length=40, primary_key=True)
    state = models.CharField(
        max_length=12, choices=ExperimentState, default=ExperimentState.PLANNED, editable=False
    )
    salt = models.CharField(max_length=16, default=new_salt, editable=False)
    definition = models.JSONField(default=dict, editable=False)  # as it was at the start
    started_at = models.DateTimeField(null=True, editable=False)
    stopped_at = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(max_length=120, blank=True, editable=False)  # of the end
    looked_at = models.DateTimeField(default=datetime(2000, 1, 1, tzinfo=UTC), editable=False)
    result = models.JSONField(default=dict, editable=False)  # of the last look, by metric

    def __str__(self) -> str:
        return self.name


class Exposure(models.Model):
    """Somebody met an experiment, in this arm, for the first time then."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="exposures")
    person = models.BigIntegerField()
    unit = models.BigIntegerField()  # the person, or their group of friends
    arm = models.CharField(max_length=24)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "person"], name="exposed_once")
        ]


class FriendGroup(models.Model):
    """The group of friends that somebody is in, as it was last worked out."""

    person = models.BigIntegerField(primary_key=True)
    group = models.BigIntegerField()
    made_at = models.DateTimeField(default=now)

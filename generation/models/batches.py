"""Batches of the developers' API: many videos asked for in one file."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from generation.models.jobs import Job
from generation.states import BATCH_MOVES, BATCHES_ENDED, BatchState, LineState
from sora_social.ids import uuid7
from sora_social.states import Stateful
from sora_social.users.models import User


class WireBatchQuerySet(models.QuerySet["WireBatch"]):
    def by(self, person: User) -> WireBatchQuerySet:
        return self.filter(owner=person.pk)

    def open(self) -> WireBatchQuerySet:
        return self.exclude(state__in=BATCHES_ENDED)


class WireBatch(Stateful):
    """A file of requests, and how far it has come. Whoever works on it holds a lease.

    Its lines go once its files are written; `completed` and `failed` count them from then on.
    """

    moves: ClassVar = BATCH_MOVES
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(
        max_length=12, choices=BatchState, default=BatchState.VALIDATING, editable=False
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="wire_batches")
    via = models.CharField(max_length=40)  # the key or app that it came by, its id
    input_file = models.UUIDField()  # this and the next two are ids of WireFiles, gone or not
    output_file = models.UUIDField(null=True)
    error_file = models.UUIDField(null=True)
    notes = models.JSONField(default=dict)  # the client's `metadata`
    output_seconds = models.PositiveIntegerField(null=True)  # so long its files stay; null: always
    made_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    times = models.JSONField(default=dict)  # when it came to each state, in Unix seconds
    faults = models.JSONField(default=list)  # why it failed: [{"code", "message", "param", "line"}]
    total = models.PositiveIntegerField(default=0)
    completed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    objects = WireBatchQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="batch_open", condition=~Q(state__in=sorted(BATCHES_ENDED))
            )
        ]

    def move(self, to: str, **changes: Any) -> None:
        times = self.times | {to: int(now().timestamp())}
        super().move(to, times=times, **changes)


class WireLine(models.Model):
    """One request of a batch, in order; of what is queued the job, of what was refused why."""

    batch = models.ForeignKey(WireBatch, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()  # from 1
    custom_id = models.CharField(max_length=512)
    asked = models.TextField()  # the body, as JSON
    state = models.CharField(max_length=12, choices=LineState, default=LineState.WAITING)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="wire_lines")
    status = models.PositiveSmallIntegerField(null=True)  # of a refusal, as the wire says it
    said = models.JSONField(null=True)  # the body of a refusal

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="line_once")]
        indexes = [
            models.Index(
                fields=["batch", "number"],
                name="line_waiting",
                condition=Q(state=LineState.WAITING),
            )
        ]

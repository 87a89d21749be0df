"""The audit chain: consent and moderation decisions, each row hashed over the one before."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import connection, models, transaction

GENESIS = "0" * 64
LOCK = 7_042_001


class AuditRecord(models.Model):
    """A decision. `digest` = SHA-256 of the previous digest and this body; rows never change."""

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True)
    body = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)


class Broken(Exception):
    """The chain does not hold at this row."""


@transaction.atomic
def record(kind: str, actor_id: int | None, **body: Any) -> AuditRecord:
    """Append to the chain, one writer at a time."""
    _alone()
    last = AuditRecord.objects.order_by("-pk").first()
    number, before = (last.pk + 1, last.digest) if last else (1, GENESIS)
    return AuditRecord.objects.create(
        pk=number, kind=kind, actor_id=actor_id, body=body,
        digest=digest(before, number, kind, actor_id, body),
    )  # fmt: skip


def _alone() -> None:
    if connection.vendor == "postgresql":  # SQLite's IMMEDIATE transaction is alone already
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])


def digest(before: str, number: int, kind: str, actor_id: int | None, body: Any) -> str:
    """SHA-256 over the previous digest and the canonical JSON of this row."""
    canonical = json.dumps([number, kind, actor_id, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((before + canonical).encode()).hexdigest()


def verify() -> str:
    """Walk the chain; the head's digest. Raises Broken at the first row that does not hold."""
    before = GENESIS
    for number, row in enumerate(AuditRecord.objects.order_by("pk").iterator(), start=1):
        if row.pk != number or row.digest != digest(
            before, number, row.kind, row.actor_id, row.body
        ):
            raise Broken(f"row {number}")
        before = row.digest
    return before

"""The audit chain: consent and moderation decisions, each row hashed over the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC
from typing import Any, NamedTuple

from django.db import connection, models, transaction
from django.db.models.fields.json import KT
from django.utils.timezone import now

GENESIS = "0" * 64
LOCK = 7_042_001


def _named_in_body(what: str) -> models.GeneratedField:
    """What the body says of that, as a column that the database itself keeps true."""
    text = models.TextField()
    return models.GeneratedField(expression=KT(f"body__{what}"), output_field=text, db_persist=True)


def _index_of(field: str) -> models.Index:
    said = models.Q(**{f"{field}__isnull": False})
    return models.Index(fields=[field, "id"], name=f"audit_of_{field}", condition=said)


class AuditRecord(models.Model):
    """A decision. `digest` = SHA-256 of the previous digest and this row; rows never change."""

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(default=now)
    kind = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True)
    body = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)
    cameo = _named_in_body("cameo")  # timelines look for these
    case = _named_in_body("case")

    class Meta:
        indexes = [_index_of("cameo"), _index_of("case")]


class Broken(Exception):
    """The chain does not hold at this row."""


class Decision(NamedTuple):
    """What a row is to say."""

    kind: str
    actor_id: int | None
    body: dict[str, Any]


def record(kind: str, actor_id: int | None, **body: Any) -> AuditRecord:
    """Append to the chain, one writer at a time."""
    return record_all([Decision(kind, actor_id, body)])[0]


@transaction.atomic
def record_all(decisions: Iterable[Decision]) -> list[AuditRecord]:
    """Append them in their order, in one stroke."""
    _alone()
    last = AuditRecord.objects.order_by("-pk").first()
    newest, before = (last.pk, last.digest) if last else (0, GENESIS)
    rows = []
    for number, said in enumerate(decisions, start=newest + 1):
        row = AuditRecord(pk=number, **said._asdict())
        row.digest = before = digest(before, row)
        rows.append(row)
    return AuditRecord.objects.bulk_create(rows)


def _alone() -> None:
    if connection.vendor == "postgresql":  # SQLite's IMMEDIATE transaction is alone already
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])


def digest(before: str, row: AuditRecord) -> str:
    """SHA-256 over the previous digest and the canonical JSON of this row, its time in UTC."""
    said = [row.pk, row.at.astimezone(UTC).isoformat(), row.kind, row.actor_id, row.body]
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((before + canonical).encode()).hexdigest()


def head() -> tuple[int, str]:
    """Number and digest of the newest row, to be published: a chain without it was rewritten."""
    last = AuditRecord.objects.order_by("-pk").values_list("pk", "digest").first()
    return last or (0, GENESIS)


def verify() -> str:
    """Walk the chain; the head's digest. Raises Broken at the first row that does not hold."""
    before = GENESIS
    for number, row in enumerate(AuditRecord.objects.order_by("pk").iterator(), start=1):
        if row.pk != number or row.digest != digest(before, row):
            raise Broken(f"row {number}")
        before = row.digest
    return before

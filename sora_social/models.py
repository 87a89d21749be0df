"""The ground floor's tables, each defined beside what it serves."""

from sora_social.audit import AuditRecord
from sora_social.idempotency import IdempotencyRecord
from sora_social.outbox import OutboxEvent

__all__ = ["AuditRecord", "IdempotencyRecord", "OutboxEvent"]

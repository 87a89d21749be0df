"""Time-ordered ids: UUIDv7 (RFC 9562) for things, 63-bit numbers where ranking wants numbers."""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime

RANDOM_BITS = 22  # 41 bits of milliseconds above them reach the year 2039


def uuid7() -> uuid.UUID:
    """48 bits of Unix milliseconds, 12 of their fraction, 62 random (RFC 9562, 5.7 and 6.2)."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = milliseconds << 80 | 0x7 << 76 | (rest * 4096 // 1_000_000) << 64
    return uuid.UUID(int=value | 0b10 << 62 | secrets.randbits(62))


def made_at(pk: uuid.UUID) -> datetime:
    """When such an id was made."""
    return datetime.fromtimestamp((pk.int >> 80) / 1000, UTC)


def snowflake() -> int:
    """A 63-bit number, newer is larger, not guessable one after the other."""
    milliseconds = time.time_ns() // 1_000_000
    return milliseconds << RANDOM_BITS | secrets.randbits(RANDOM_BITS)


def snowflake_at(seconds: float) -> int:
    """The smallest snowflake of a Unix time: compare ids instead of dates."""
    return int(seconds * 1000) << RANDOM_BITS


def seconds_of(number: int) -> float:
    """The Unix time at which a snowflake was made."""
    return (number >> RANDOM_BITS) / 1000


def uuid7_at(seconds: float) -> uuid.UUID:
    """The smallest UUIDv7 of a Unix time."""
    return uuid.UUID(int=int(seconds * 1000) << 80)

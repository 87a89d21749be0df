"""How long the log is kept. On PostgreSQL a day is a partition, made before it comes and dropped
when it is too old; elsewhere, and for what lies outside a day of its own, rows go in batches.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import Error, connection, transaction
from django.db.models import Model

from ranking.models import Creation, Engagement, ServedPage
from sora_social.ids import uuid7_at

log = logging.getLogger(__name__)
AHEAD = 3  # days
BATCH = 5_000  # rows
BY_DAY: dict[type[Model], str] = {Engagement: "page_id", ServedPage: "id"}  # by this UUIDv7
DAY = timedelta(days=1)


def keep_days(days: int, moment: datetime) -> int:
    """Drop what is older than so many days, make room for those to come; how many rows or days."""
    oldest = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - days * DAY
    gone = 0
    for model, column in BY_DAY.items():
        if is_divided(model):
            _make_days(model, moment)
            gone += _drop_days(model, oldest)
        gone += _delete(model, {f"{column}__lt": uuid7_at(oldest.timestamp())})
    return gone + _delete(Creation, {"at__lt": oldest})


def is_divided(model: type[Model]) -> bool:
    """Whether its table has partitions."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "select 1 from pg_partitioned_table where partrelid = to_regclass(%s)",
            [model._meta.db_table],
        )
        return cursor.fetchone() is not None


def _make_days(model: type[Model], moment: datetime) -> None:
    """Today and the days to come. A day that rows lie in already, among all others, stays there."""
    today = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    for begin in (today + ahead * DAY for ahead in range(AHEAD + 1)):
        bounds = [str(uuid7_at(at.timestamp())) for at in (begin, begin + DAY)]
        _alter(
            f"create table if not exists {_of_day(model, begin)} "
            f"partition of {model._meta.db_table} for values from (%s) to (%s)",
            bounds,
        )


def _drop_days(model: type[Model], oldest: datetime) -> int:
    """Partitions of whole days before `oldest`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = to_regclass(%s)",
            [model._meta.db_table],
        )
        tables = [name for (name,) in cursor.fetchall()]
    old = [name for name in tables if name[-8:].isdigit() and name < _of_day(model, oldest)]
    return sum(_alter(f"drop table {name}", []) for name in old)


def _of_day(model: type[Model], day: datetime) -> str:
    return f"{model._meta.db_table}_{day:%Y%m%d}"


def _alter(statement: str, said: list[str]) -> bool:
    """Whether it was done: nobody waits behind a change that has itself to wait; it comes again."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = '2s'")
            cursor.execute(statement, said)
    except Error as reason:
        log.warning("the log keeps its shape: %s", reason)
        return False
    return True


def _delete(model: type[Model], old: dict[str, Any]) -> int:
    """In batches, so that nobody waits long for a lock."""
    rows, total = model._base_manager.filter(**old), 0
    while some := list(rows.values_list("pk", flat=True)[:BATCH]):
        total += model._base_manager.filter(pk__in=some).delete()[0]
    return total

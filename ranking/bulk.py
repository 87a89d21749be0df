"""Many pages at once: by COPY on PostgreSQL, in batches elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models, transaction

from ranking.models import ServedPage

BATCH = 500


@transaction.atomic
def write_pages(pages: Sequence[ServedPage]) -> None:
    """All of them or none."""
    if connection.vendor != "postgresql":
        ServedPage.objects.bulk_create(pages, batch_size=BATCH)
        return
    fields = ServedPage._meta.concrete_fields
    columns = ", ".join(str(field.column) for field in fields)
    tell = [(field.attname, _teller(field)) for field in fields]
    with connection.cursor() as cursor:
        opened = cursor.copy(f"copy ranking_servedpage ({columns}) from stdin")
        with opened as copy:
            for page in pages:
                copy.write_row([tells(getattr(page, name)) for name, tells in tell])


def _teller(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """How a column is said to COPY: lists as JSON, everything else as it is."""
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, separators=(",", ":"))
    return lambda value: value

"""Changes that are put into SQL once: what a `PreparedRow` may be made of beside a question.

Writing an UPDATE of two columns takes Django several times as long as the change itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections
from django.db.models import AutoField, Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery, UpdateQuery

from sora_social.prepared import Text


def changing(rows: QuerySet[Any, Any], **columns: Any) -> Text:
    """What `rows.update(**columns)` says; its rows are the keys of those that were changed."""
    change: UpdateQuery = rows.query.chain(UpdateQuery)  # type: ignore[assignment]
    change.add_update_values(columns)
    return _returning_keys(rows.model, *change.get_compiler("default").as_sql())


def adding(row: Model) -> Text:
    """A row whose columns may be expressions, unless there is one like it; its row is the key."""
    fields = [one for one in row._meta.concrete_fields if not isinstance(one, AutoField)]
    addition = InsertQuery(type(row), on_conflict=OnConflict.IGNORE)
    addition.insert_values(fields, [row])
    return _returning_keys(type(row), *addition.get_compiler("default").as_sql()[0])


def _returning_keys(model: type[Model], sql: str, params: Sequence[Any]) -> Text:
    key = connections["default"].ops.quote_name(str(model._meta.pk.column))
    return Text(f"{sql} RETURNING {key}", tuple(params), None, None)

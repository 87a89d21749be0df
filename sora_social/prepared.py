"""Questions that are put into SQL once: by Django here, by PostgreSQL once for each connection.

A list is asked for again and again with other numbers in the same places. Writing its SQL takes
Django ten times as long as answering it takes the database, and planning it takes that about as
long again. The numbers are found in the parameters by numbers that nobody has.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import JSONField, Model, QuerySet

NOBODY = -(2**62)  # and the next: numbers that no row has
FILLED = 20  # SQLite has no list as a parameter: lists are filled up to a multiple of this
LARGEST = 500  # numbers


MANY = 7  # a list that stands nowhere else in a question


class Text(NamedTuple):
    sql: str
    params: tuple[Any, ...]
    compiler: Any
    converters: Any


class Prepared:
    """Rows of `make(person, ids)`, a queryset of values that depends on these numbers alone and
    names the ids in one `pk__in`."""

    def __init__(self, make: Callable[[int, list[int]], QuerySet[Any, Any]]) -> None:
        self._make = make

    def rows(self, person: int, ids: Sequence[int]) -> list[Sequence[Any]]:
        if not ids or len(ids) > LARGEST:
            return list(self._make(person, list(ids))) if ids else []
        connection = connections["default"]
        if connection.vendor == "postgresql":
            text = _with_list(self._make, connection.alias)
            return _asked(text, _keeping_plans(connection), {"person": person, "ids": list(ids)})
        filled = [*ids, *[ids[-1]] * (-len(ids) % FILLED)]
        text = _written(self._make, len(filled), connection.alias)
        numbers = dict(zip(_marks(len(filled)), [person, *filled], strict=True))
        return _asked(text, connection.cursor(), [numbers.get(p, p) for p in text.params])


def _marks(length: int) -> list[int]:
    """What stands for the person, and for so many ids."""
    return [NOBODY + place for place in range(length + 1)]


@cache
def _written(make: Callable[..., QuerySet[Any, Any]], length: int, using: str) -> Text:
    person, *ids = _marks(length)
    compiler = make(person, ids).query.get_compiler(using)
    sql, params = compiler.as_sql()
    expressions = [column[0] for column in compiler.select[: compiler.col_count]]
    return Text(sql, tuple(params), compiler, compiler.get_converters(expressions))


@cache
def _with_list(make: Callable[..., QuerySet[Any, Any]], using: str) -> Text:
    """With the person and the list as its only parameters: one plan for any number of ids."""
    text = _written(make, MANY, using)
    person, *ids = _marks(MANY)
    words = {person: "%(person)s"} | {number: f"\0{number}" for number in ids}
    sql = text.sql % tuple(words.get(param) or _literal(param, using) for param in text.params)
    listed = ", ".join(words[number] for number in ids)
    return text._replace(sql=sql.replace(f"IN ({listed})", "= ANY(%(ids)s)"))


def _literal(param: Any, using: str) -> str:
    from psycopg.sql import Literal  # noqa: PLC0415 -- embedded there is no PostgreSQL

    return Literal(param).as_string(connections[using].connection).replace("%", "%%")


def _asked(text: Text, cursor: Any, params: Any) -> list[Sequence[Any]]:
    with cursor:
        cursor.execute(text.sql, params)
        rows = cursor.fetchall()
    return list(text.compiler.apply_converters(rows, text.converters)) if text.converters else rows


def _keeping_plans(connection: Any) -> Any:
    """A cursor that lets PostgreSQL keep the plans of what it has been asked."""
    from psycopg import Cursor  # noqa: PLC0415 -- embedded there is no PostgreSQL

    connection.ensure_connection()
    connection.connection.prepare_threshold = 1
    return connection._prepare_cursor(Cursor(connection.connection))


def insert(row: Model) -> None:
    """Save a new row: its SQL is written once for the model."""
    connection = connections["default"]
    fields, sql = _insertion(type(row), connection.alias)
    values = [_kept(field, getattr(row, field.attname), connection) for field in fields]
    postgresql = connection.vendor == "postgresql"
    with _keeping_plans(connection) if postgresql else connection.cursor() as cursor:
        cursor.execute(sql, values)
    row._state.adding = False


def _kept(field: Any, value: Any, connection: Any) -> Any:
    """As the database takes it. Documents go as text, which is much quicker."""
    if isinstance(field, JSONField):
        return json.dumps(value, separators=(",", ":"))
    return field.get_db_prep_save(value, connection)


@cache
def _insertion(model: type[Model], using: str) -> tuple[tuple[Any, ...], str]:
    quoted = connections[using].ops.quote_name
    fields = tuple(model._meta.concrete_fields)
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    return fields, f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({places})"

"""`EXISTS (…)` that is put into SQL once and then only copied.

Django takes longer to write the question for leave than a database takes to answer it, and every
list asks it. The rows asked for depend on the outer query through a few values alone; their places
in the text are kept, and filled in wherever the question stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import BooleanField, Expression, Field, Func, QuerySet

ALIAS = re.compile(r"\b([T-Z]+\d+)\b")  # as Django numbers what is joined twice, or nested
MARK = "\0"


class Place(Expression):
    """Where a value of the outer query goes, and its parameters."""

    def __init__(self, number: int, field: Field) -> None:
        super().__init__(output_field=field)
        self.number = number

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return f"{MARK}{self.number}{MARK}", [self]


class Text(NamedTuple):
    pieces: tuple[str, ...]  # every second one is the number of a place
    params: tuple[Any, ...]  # a Place where the parameters of its value go
    tables: tuple[str, ...]


class ThereIs(Func):
    """Whether a queryset has rows. `rows` makes it from one expression for each of the values,
    the same for ever."""

    output_field = BooleanField()

    def __init__(self, rows: Callable[..., QuerySet], *values: Any, **extra: Any) -> None:
        super().__init__(*values, **extra)
        self.rows = rows

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        values = [compiler.compile(value) for value in self.get_source_expressions()]
        fields = tuple(_plain(value.output_field) for value in self.get_source_expressions())
        text = _written(self.rows, fields, connection.alias)
        for sql, _params in values:
            if any(f'"{table}"' in sql for table in text.tables):
                raise ValueError(f"{sql} means something else inside of {self.rows.__name__}")
        pieces = [values[int(piece)][0] if n % 2 else piece for n, piece in enumerate(text.pieces)]
        return "".join(pieces), _filled(text.params, values)


def _plain(field: Field) -> type[Field]:
    """Of a foreign key, what it holds."""
    return _plain(field.target_field) if field.remote_field else type(field)


def _filled(params: tuple[Any, ...], values: list[tuple[str, Any]]) -> list[Any]:
    found: list[Any] = []
    for param in params:
        found += values[param.number][1] if isinstance(param, Place) else [param]
    return found


@cache
def _written(rows: Callable[..., QuerySet], fields: tuple[type[Field], ...], using: str) -> Text:
    query = rows(*(Place(number, field()) for number, field in enumerate(fields))).query
    tables = tuple(alias for alias, joined in query.alias_refcount.items() if joined)
    sql, params = query.exists().get_compiler(using, connections[using]).as_sql()
    inside = ALIAS.sub(r"Z\1", f"EXISTS({sql})")  # never the alias of a query around it
    return Text(tuple(inside.split(MARK)), tuple(params), tables)

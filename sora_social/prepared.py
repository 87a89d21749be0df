"""Questions that are put into SQL once: by Django here, by PostgreSQL once for each connection.

A list is asked for again and again with other numbers in the same places. Writing its SQL takes
Django ten times as long as answering it takes the database, and planning it takes that about as
long again. The numbers are found in the parameters by numbers that nobody has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import repeat
from json import JSONEncoder
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DataError, connections
from django.db.models import (
    AutoField,
    BigIntegerField,
    JSONField,
    Model,
    QuerySet,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast

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
        if quick := _quick(connection):
            text, kinds = _by_number(self._make, connection.alias), (quick.NUMBER, quick.NUMBERS)
            rows = quick.ask(connection, text.sql, [_said(person), _listed(ids)], kinds)
            return _converted(text, rows)
        if connection.vendor == "postgresql":
            text = _with_list(self._make, connection.alias)
            return _asked(text, _keeping_plans(connection), {"person": person, "ids": list(ids)})
        filled = [*ids, *[ids[-1]] * (-len(ids) % FILLED)]
        text = _written(self._make, len(filled), connection.alias)
        numbers = dict(zip(_marks(len(filled)), [person, *filled], strict=True))
        return _asked(text, connection.cursor(), [numbers.get(p, p) for p in text.params])


def _quick(connection: Any) -> Any:
    """How to ask past Django's cursor, where one may."""
    if connection.vendor != "postgresql":
        return None
    from sora_social import quick  # noqa: PLC0415 -- embedded there is no PostgreSQL

    return quick if quick.is_open(connection) else None


def _marks(length: int) -> list[int]:
    """What stands for the person, and for so many ids."""
    return [NOBODY + place for place in range(length + 1)]


@cache
def _written(make: Callable[..., QuerySet[Any, Any]], length: int, using: str) -> Text:
    person, *ids = _marks(length)
    return _compiled(make(person, ids), using)


def _compiled(rows: QuerySet[Any, Any], using: str) -> Text:
    compiler = rows.query.get_compiler(using)
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


@cache
def _by_number(make: Callable[..., QuerySet[Any, Any]], using: str) -> Text:
    """The same with its parameters by number."""
    text = _with_list(make, using)
    return text._replace(sql=text.sql % {"person": "$1", "ids": "$2"})


def _listed(ids: Sequence[int]) -> tuple[bytes, bool]:
    return b"{%s}" % ",".join(map(str, ids)).encode(), False


def _literal(param: Any, using: str) -> str:
    from psycopg.sql import Literal  # noqa: PLC0415 -- embedded there is no PostgreSQL

    return Literal(param).as_string(connections[using].connection).replace("%", "%%")


def _asked(text: Text, cursor: Any, params: Any) -> list[Sequence[Any]]:
    with cursor:
        cursor.execute(text.sql, params)
        rows = cursor.fetchall()
    return _converted(text, rows)


def _converted(text: Text, rows: list[Sequence[Any]]) -> list[Sequence[Any]]:
    return list(text.compiler.apply_converters(rows, text.converters)) if text.converters else rows


def _keeping_plans(connection: Any) -> Any:
    """A cursor that lets PostgreSQL keep the plans of what it has been asked."""
    from psycopg import Cursor  # noqa: PLC0415 -- embedded there is no PostgreSQL

    connection.ensure_connection()
    connection.connection.prepare_threshold = 1
    return connection._prepare_cursor(Cursor(connection.connection))


class PreparedRow:
    """Rows of `make(*words)`, a queryset of values or a change (`changes`) that depends on these
    texts alone; what is no text there is made of one by a Cast."""

    def __init__(self, make: Callable[..., QuerySet[Any, Any] | Text]) -> None:
        self._make = make

    def of(self, *words: str | bytes) -> Sequence[Any] | None:
        """The first of them."""
        return next(iter(self.all(*words)), None)

    def all(self, *words: str | bytes) -> list[Sequence[Any]]:
        connection = connections["default"]
        text = _worded(self._make, len(words), connection.alias)
        if quick := _quick(connection):
            sql = _worded_by_number(self._make, len(words), connection.alias)
            return _converted(text, quick.ask(connection, sql, [_said(word) for word in words]))
        known = dict(zip(_words(len(words)), words, strict=True))
        params = [known.get(param, param) for param in text.params]
        return _asked(text, connection.cursor(), params)


def as_number(word: str) -> Cast:
    """A word of a prepared question as the whole number it stands for."""
    return Cast(Value(word), BigIntegerField())


def as_uuid(word: str) -> Cast:
    """The hexadecimal digits of an id as the id."""
    return Cast(Value(word), UUIDField())


def _words(many: int) -> tuple[str, ...]:
    """What no text in the database is."""
    return tuple("\0" * (place + 1) for place in range(many))


@cache
def _worded(make: Callable[..., QuerySet[Any, Any] | Text], many: int, using: str) -> Text:
    said = make(*_words(many))
    return said if isinstance(said, Text) else _compiled(said, using)


@cache
def _worded_by_number(make: Callable[..., QuerySet[Any, Any] | Text], many: int, using: str) -> str:
    text = _worded(make, many, using)
    places = {word: f"${number}" for number, word in enumerate(_words(many), start=1)}
    return text.sql % tuple(places.get(param) or _literal(param, using) for param in text.params)


# --- models that are read whole -------------------------------------------------------------------


@cache
def columns_of(model: type[Model], path: str = "") -> tuple[str, ...]:
    """The names of all its columns, for `values_list`; `path` leads to it, as in `user__`."""
    return tuple(f"{path}{field.attname}" for field in model._meta.concrete_fields)


def models_in(row: Sequence[Any], *models: type[Model]) -> Iterator[Any]:
    """One of each model from the columns that `columns_of` named, one model after the other; None
    where a join found nothing."""
    at = 0
    for model in models:
        names = columns_of(model)
        values = row[at : at + len(names)]
        at += len(names)
        is_there = values[names.index(model._meta.pk.attname)] is not None
        yield model.from_db("default", names, values) if is_there else None


# --- a row that is saved --------------------------------------------------------------------------


def insert(row: Model, soon: bool = False) -> None:
    """Save a new row: its SQL is written once for the model. An id that the database counts is not
    read back. Raises django.db.Error.

    With `soon` nobody waits for PostgreSQL's disk: the row is there for all at once, but should
    the database server itself crash within the second, it is gone. In a transaction it is as sure
    as all the rest.
    """
    write(type(row), {name: getattr(row, name) for name in columns_of(type(row))}, soon)
    row._state.adding = False


def write(model: type[Model], said: Mapping[str, Any], soon: bool = False) -> None:
    """The same without the row as an object, from its columns by name; what is not said is as the
    model has it."""
    connection = connections["default"]
    quick = _quick(connection)
    fields, sql = _insertion(model, connection.alias, quick is not None)
    values = [
        said[field.attname] if field.attname in said else field.get_default() for field in fields
    ]
    if quick:
        told = map(_told, values, _documents(fields))
        alone = not connection.in_atomic_block
        quick.ask(connection, sql + _SOON * (soon and alone), list(map(_said, told)))
    else:
        with connection.cursor() as cursor:
            cursor.execute(sql, list(map(_kept, fields, values, repeat(connection))))


_SOON = " RETURNING set_config('synchronous_commit', 'off', true)"
_DOCUMENT = JSONEncoder(separators=(",", ":"))


def _kept(field: Any, value: Any, connection: Any) -> Any:
    """As the database takes it."""
    told = _told(value, isinstance(field, JSONField))
    return told if told is not value else field.get_db_prep_save(value, connection)


def _told(value: Any, document: bool) -> Any:
    """Documents as text, which is much quicker."""
    return _DOCUMENT.encode(value) if document and value is not None else value


@cache
def _documents(fields: tuple[Any, ...]) -> tuple[bool, ...]:
    """Which of the columns are such."""
    return tuple(isinstance(field, JSONField) for field in fields)


def _whole(text: str) -> str:
    """The protocol ends a text at a NUL, and PostgreSQL keeps none."""
    if "\0" in text:
        raise DataError("a text holds a NUL")
    return text


def _said(value: Any) -> tuple[bytes | None, bool]:
    """As PostgreSQL's protocol takes it, and whether in binary."""
    match value:
        case None:
            return None, False
        case str():
            return _whole(value).encode(), False
        case bytes() | memoryview():
            return bytes(value), True
        case UUID():
            return value.bytes, True
        case datetime():
            return value.isoformat().encode(), False
    return str(value).encode(), False


@cache
def _insertion(model: type[Model], using: str, numbered: bool) -> tuple[tuple[Any, ...], str]:
    quoted = connections[using].ops.quote_name
    fields = tuple(one for one in model._meta.concrete_fields if not isinstance(one, AutoField))
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    places = ", ".join(f"${n}" if numbered else "%s" for n, _ in enumerate(fields, start=1))
    return fields, f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({places})"

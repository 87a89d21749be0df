"""What every page asks PostgreSQL, put to it by name in its own protocol.

A cursor reads the text of the question, the types of its parameters and what it kept of both each
time, which takes it longer than a row takes to come. A question that never changes is prepared once
for each connection, asked by a name, and answered in binary.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from psycopg.adapt import Loader, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.postgres import types
from psycopg.pq import ExecStatus, Format, TransactionStatus

Value = tuple[bytes | None, bool]  # a parameter as it is sent, and whether in binary
NUMBER, NUMBERS = types["int8"].oid, types["int8"].array_oid
ANSWERED = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
_NUMBER = count()
_NAMES: WeakKeyDictionary[Any, dict[str, bytes]] = WeakKeyDictionary()  # of each connection


def is_open(connection: Any) -> bool:
    """Whether one may ask past Django's cursor: where nobody counts or wraps what is asked, and
    outside of a transaction or in one that has begun and is sound, which is the asker's own."""
    if connection.queries_logged or connection.execute_wrappers or connection.needs_rollback:
        return False
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    held = connection.connection
    status = held.pgconn.transaction_status
    alone = held.autocommit and status == TransactionStatus.IDLE
    return bool(alone or status == TransactionStatus.INTRANS)


def ask(
    connection: Any, sql: str, values: Sequence[Value], kinds: Sequence[int] = ()
) -> list[tuple[Any, ...]]:
    """The rows that answer `sql`, whose parameters are $1, $2, … of these types, or of those that
    stand to reason. Raises django.db.Error.

    What is jsonb is read as its text, as Django's cursors read it.
    """
    with connection.wrap_database_errors:
        held = connection.connection
        with held.lock:
            answer = _answered(held, sql, values, kinds)
        if not answer.nfields:
            return []
        reader = Transformer(held)
        reader.set_pgresult(answer, set_loaders=True, format=Format.BINARY)
        rows: list[tuple[Any, ...]] = reader.load_rows(0, answer.ntuples, tuple)
        return rows


class _Document(Loader):
    """The text of a jsonb, which comes behind a byte for the version of its format."""

    format = Format.BINARY

    def load(self, data: Any) -> str:
        return bytes(data)[1:].decode()


def _answered(held: Any, sql: str, values: Sequence[Value], kinds: Sequence[int]) -> Any:
    """psycopg lets a connection forget all names after a rollback; then they are given anew. In a
    transaction a forgotten name would be the end of it: there nothing goes by a name."""
    known = _names(held)
    if held.pgconn.transaction_status == TransactionStatus.INTRANS:
        said, formats = _apart(values)
        types = list(kinds) or [0] * len(said)
        once = held.pgconn.exec_params(sql.encode(), said, types, formats, Format.BINARY)
        return _sound(held, once)
    try:
        return _answer(held, known, sql, values, kinds)
    except InvalidSqlStatementName:
        known.clear()
        return _answer(held, known, sql, values, kinds)


def _names(held: Any) -> dict[str, bytes]:
    """Of what is prepared on a connection; the first time it is told how documents are read."""
    if (known := _NAMES.get(held)) is None:
        held.adapters.register_loader("jsonb", _Document)
        known = _NAMES[held] = {}
    return known


def _answer(
    held: Any, known: dict[str, bytes], sql: str, values: Sequence[Value], kinds: Sequence[int]
) -> Any:
    if (name := known.get(sql)) is None:
        name = b"quick_%d" % next(_NUMBER)
        _sound(held, held.pgconn.prepare(name, sql.encode(), kinds))
        known[sql] = name
    return _sound(held, held.pgconn.exec_prepared(name, *_apart(values), Format.BINARY))


def _apart(values: Sequence[Value]) -> tuple[list[bytes | None], list[int]]:
    """What is sent, and in which format each."""
    return [said for said, _ in values], [int(in_binary) for _, in_binary in values]


def _sound(held: Any, answer: Any) -> Any:
    if answer.status not in ANSWERED:
        raise error_from_result(answer, held.info.encoding)
    return answer

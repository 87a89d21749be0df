"""Emptying the database after a test that committed.

Django's flush truncates every table: with ours that is 1 to 2 seconds on PostgreSQL, nearly
all of it for tables that hold nothing. Here only tables with rows are emptied; content types and
permissions stay, as flush would only write them anew.
"""

from __future__ import annotations

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def filled(connection: BaseDatabaseWrapper) -> list[str]:
    """Quoted names of the tables that hold rows."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    asked = [
        f"SELECT {at} WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"
        for at, name in enumerate(names)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        found = [names[at] for (at,) in cursor.fetchall()]
    return [connection.ops.quote_name(name) for name in found if name not in KEPT]


def empty(connection: BaseDatabaseWrapper) -> None:
    tables = filled(connection)
    with (
        connection.constraint_checks_disabled(),
        transaction.atomic(using=connection.alias),
        connection.cursor() as cursor,
    ):
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")


def _empty_after(case: TransactionTestCase) -> None:
    for alias in case._databases_names(include_mirrors=False):
        empty(connections[alias])


TransactionTestCase._fixture_teardown = _empty_after

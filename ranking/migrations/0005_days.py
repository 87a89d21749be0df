"""On PostgreSQL pages and engagements lie in a partition for each day; SQLite has none."""

from django.db import migrations

# table: the UUIDv7 that says the day, and what is added for the keys that a plain table has
TABLES = {
    "ranking_servedpage": ("id", "alter table ranking_servedpage add primary key (id)"),
    "ranking_engagement": (
        "page_id",
        "alter table ranking_engagement "
        "add constraint engagement_once_a_page unique (page_id, client_event);"
        "create index engagement_id on ranking_engagement (id)",
    ),
}


def divide(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        for table, (day, keys) in TABLES.items():
            cursor.execute("select relkind from pg_class where oid = %s::regclass", [table])
            if cursor.fetchone() == ("r",):  # going back leaves it divided, which harms nobody
                _divide(cursor, table, day, keys)


def _divide(cursor, table, day, keys):
    cursor.execute(
        "select indexdef from pg_indexes where tablename = %s and indexdef not like %s",
        [table, "create unique%".upper()],
    )
    indexes = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        "select conname from pg_constraint where conrelid = %s::regclass and contype in ('u', 'p')",
        [table],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'alter table {table} drop constraint "{name}"')
    cursor.execute("select indexname from pg_indexes where tablename = %s", [table])
    for (name,) in cursor.fetchall():
        cursor.execute(f'drop index "{name}"')
    cursor.execute(f"alter table {table} rename to {table}_before")
    cursor.execute(f"create table {table} (like {table}_before including all) partition by range ({day})")
    cursor.execute(f"create table {table}_other partition of {table} default")
    cursor.execute(f"insert into {table} select * from {table}_before")
    cursor.execute(f"drop table {table}_before")
    cursor.execute(keys)
    for definition in indexes:
        cursor.execute(definition)


class Migration(migrations.Migration):

    dependencies = [
        ('ranking', '0004_learning'),
    ]

    operations = [
        migrations.RunPython(divide, migrations.RunPython.noop),
    ]

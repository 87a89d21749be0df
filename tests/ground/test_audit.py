import threading
from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from sora_social import audit
from sora_social.audit import AuditRecord, Decision

pytestmark = pytest.mark.django_db


def test_the_chain_holds_and_its_head_moves_with_every_row():
    first = audit.record("consent.granted", 1, cameo="a")
    second = audit.record("consent.revoked", 1, cameo="a")
    assert audit.verify() == second.digest
    assert first.digest != second.digest


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "change", [{"actor_id": 2}, {"kind": "x"}, {"body": {"cameo": "b"}}, {"at": LONG_AGO}]
)
def test_a_changed_row_breaks_the_chain(change):
    audit.record("consent.granted", 1, cameo="a")
    audit.record("consent.granted", 1, cameo="c")
    AuditRecord.objects.filter(pk=1).update(**change)
    with pytest.raises(audit.Broken, match="row 1"):
        audit.verify()


def test_a_missing_row_breaks_the_chain():
    for number in range(3):
        audit.record("consent.granted", number)
    AuditRecord.objects.filter(pk=2).delete()
    with pytest.raises(audit.Broken, match="row 2"):
        audit.verify()


@pytest.mark.django_db(transaction=True)
def test_writers_of_many_threads_make_one_chain():
    def write(number: int) -> None:
        audit.record("consent.granted", number)
        connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    audit.verify()
    assert AuditRecord.objects.count() == 8


def test_a_chain_from_before_times_were_sealed_holds_after_the_migration():
    rows = [audit.record("consent.granted", number) for number in range(3)]
    head = audit.head()
    for row in rows:
        AuditRecord.objects.filter(pk=row.pk).update(digest=f"without a time {row.pk}")
    migration = import_module("sora_social.migrations.0002_the_time_is_sealed")
    migration.seal_the_time(apps, None)
    assert (audit.verify(), audit.head()) == (rows[-1].digest, head)


@pytest.mark.parametrize("named", ["cameo", "case"])
def test_the_history_of_one_thing_is_found_by_an_index_however_long_the_chain(named):
    audit.record_all(Decision("a_kind", None, {named: f"{n % 500}"}) for n in range(4000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    wanted = AuditRecord.objects.filter(kind="a_kind", **{named: "7"}).order_by("-pk")[:200]
    assert f"audit_of_{named}" in wanted.explain()
    assert [row.body[named] for row in wanted] == ["7"] * 8
    assert audit.verify() == audit.head()[1]


def test_a_row_that_names_nothing_is_in_no_history():
    audit.record("a_kind", None, other="x")
    row = AuditRecord.objects.get()
    assert (row.cameo, row.case) == (None, None)

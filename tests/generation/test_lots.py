"""Packs of credits: what is spent first, where it comes back to, and how it ends."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from generation import credits, dispatch, lots
from generation.models import Account, EntryKind, LedgerEntry, Lot, LotUse
from generation.reconciling import reconcile
from sora_social.audit import AuditRecord
from tests.generation.making import done_output, queued_job
from tests.people import person, signed_in
from tests.racing import race

pytestmark = pytest.mark.django_db
STATEMENT = "/api/v1/me/credits/statement/"


@pytest.fixture(autouse=True)
def _ten_a_day(settings):
    settings.FREE_DAILY_CREDITS = 10


def ended(lot):
    """A lot whose end has come."""
    Lot.objects.filter(pk=lot.pk).update(expires_at=now() - timedelta(seconds=1))
    return lot


def lefts(*of):
    return [Lot.objects.get(pk=lot.pk).left for lot in of]


def sums(someone):
    account = credits.account_of(someone)
    return account.available, account.in_lots, account.reserved, account.spent


def test_a_pack_comes_beside_what_comes_each_day():
    ada = person()
    lots.grant(ada, 50)
    assert sums(ada) == (60, 50, 0, 0)


def test_what_expires_first_is_spent_first_then_the_day_then_what_stays():
    ada = person()
    stays, later, sooner = lots.grant(ada, 5), lots.grant(ada, 5, 9), lots.grant(ada, 5, 1)
    left = []
    for _ in range(5):
        queued_job(ada, cost=4)
        left.append([*lefts(sooner, later, stays), credits.account_of(ada).available])
    assert left == [[1, 5, 5, 21], [0, 2, 5, 17], [0, 0, 5, 13], [0, 0, 5, 9], [0, 0, 5, 5]]
    queued_job(ada, cost=4)
    assert lefts(stays) == [1]


def test_what_a_job_gives_back_returns_to_the_lots_it_came_from():
    ada = person()
    first, second = lots.grant(ada, 3, 1), lots.grant(ada, 3, 2)
    job = queued_job(ada, cost=8)
    assert lefts(first, second) == [0, 0]
    dispatch.cancel(job.pk, "author")
    assert lefts(first, second) == [3, 3]
    assert sums(ada) == (16, 6, 0, 0)
    assert not LotUse.objects.exists()


def test_what_is_spent_stays_with_its_lot():
    ada = person()
    lot = lots.grant(ada, 3, 1)
    done_output(ada, cost=2)
    assert lefts(lot) == [1]
    assert LotUse.objects.get().amount == 2
    assert sums(ada) == (11, 1, 0, 2)


def test_an_end_is_an_entry_and_comes_before_anything_is_spent():
    ada = person()
    ended(lots.grant(ada, 7, 1))
    assert sums(ada) == (10, 0, 0, 0)
    gone = LedgerEntry.objects.get(kind=EntryKind.EXPIRE)
    assert (gone.amount, gone.account_id) == (7, ada.pk)


def test_the_sweeper_writes_down_an_end_that_nobody_looked_at_and_once():
    ada, bee = person(), person()
    ended(lots.grant(ada, 7, 1))
    ended(lots.grant(bee, 4, 1))
    lots.expire()
    lots.expire()
    assert sorted(LedgerEntry.objects.filter(kind="expire").values_list("amount", flat=True)) == [
        4,
        7,
    ]
    assert reconcile() == []


def test_what_comes_back_to_a_lot_that_has_ended_expires_at_once():
    ada = person()
    lot = lots.grant(ada, 6, 1)
    job = queued_job(ada, cost=4)
    ended(lot)
    assert sums(ada) == (10, 0, 4, 0)
    dispatch.cancel(job.pk, "author")
    assert sums(ada) == (10, 0, 0, 0)
    entries = LedgerEntry.objects.filter(kind="expire").order_by("pk")
    assert [entry.amount for entry in entries] == [2, 4]
    assert reconcile() == []


def test_what_is_reserved_before_the_end_may_be_spent_after_it():
    ada = person()
    lot = lots.grant(ada, 6, 1)
    job = queued_job(ada, cost=6)
    ended(lot)
    lots.expire()
    token = dispatch.claim(job.pk)
    credits.settle(job)
    assert token
    assert sums(ada) == (10, 0, 0, 6)


def test_the_database_refuses_a_lot_below_zero_or_above_what_it_was():
    lot = lots.grant(person(), 5)
    for left in (-1, 6):
        with pytest.raises(IntegrityError), transaction.atomic():
            Lot.objects.filter(pk=lot.pk).update(left=left)


def test_reconciling_finds_a_lot_that_does_not_agree():
    ada = person()
    lot = lots.grant(ada, 5)
    Lot.objects.filter(pk=lot.pk).update(left=3)
    assert reconcile() == [("account", str(ada.pk)), ("lot", str(lot.pk))]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_see_an_end_at_once_one_writes_it_down():
    ada = person()
    ended(lots.grant(ada, 7, 1))
    race(lambda _: lots.expire(), range(6))
    assert LedgerEntry.objects.filter(kind="expire").count() == 1
    assert reconcile() == []


@pytest.mark.django_db(transaction=True)
def test_many_jobs_at_once_spend_no_credit_twice():
    ada = person()
    lots.grant(ada, 6, 1)
    credits.account_of(ada)
    race(lambda _: _reserved(ada), range(8))
    assert reconcile() == []
    assert Account.objects.get(user=ada).available == 16 - 8 * 2


def _reserved(author):
    with transaction.atomic():
        queued_job(author, cost=2)


# --- who gives, and who sees ----------------------------------------------------------------------


def test_an_operator_gives_a_pack_and_it_is_recorded(capsys):
    ada = person("ada")
    call_command("credits", "grant", "@Ada", "40", "--days", "30", "--note", "thanks")
    lot = Lot.objects.get()
    assert (lot.account_id, lot.left, lot.note) == (ada.pk, 40, "thanks")
    assert timedelta(days=29) < lot.expires_at - now() < timedelta(days=31)
    assert "40 credits for @ada, until " in capsys.readouterr().out
    said = AuditRecord.objects.get(kind="credits.granted").body
    assert (said["person"], said["amount"], said["note"]) == (ada.pk, 40, "thanks")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (["nobody", "5"], "Nobody here is called nobody"),
        (["ada", "0"], "amount: 1 to 1000000 credits, not 0"),
        (["ada", "1000001"], "amount: 1 to"),
        (["ada", "5", "--days", "0"], "days: 1 to 3650, not 0"),
        (["ada", "5", "--note", "x" * 201], "note: at most 200 characters, not 201"),
    ],
)
def test_what_makes_no_sense_is_refused(asked, why):
    person("ada")
    with pytest.raises(CommandError, match=why):
        call_command("credits", "grant", *asked)
    assert not Lot.objects.exists()


def test_the_statement_shows_packs_as_they_came_and_went_and_what_is_left():
    ada = person()
    credits.account_of(ada)
    kept, gone = lots.grant(ada, 5, 9, "a gift"), lots.grant(ada, 4, 1)
    ended(gone)
    queued_job(ada, cost=2)
    found = signed_in(ada).get(STATEMENT).json()
    lines = [(line["kind"], line["change"], line["left"], line["lot"]) for line in found["items"]]
    assert lines == [
        ("reserve", -2, 13, None),
        ("expire", -4, 15, str(gone.pk)),
        ("grant", 4, 19, str(gone.pk)),
        ("grant", 5, 15, str(kept.pk)),
        ("grant", 10, 10, None),
    ]
    assert [(lot["id"], lot["amount"], lot["left"], lot["note"]) for lot in found["lots"]] == [
        (str(kept.pk), 5, 3, "a gift")
    ]
    own = signed_in(ada).get("/api/v1/me/credits/").json()
    assert own["lots"] == found["lots"]
    assert own["entries"][1]["lot"] == str(gone.pk)


def test_many_packs_cost_the_statement_no_more_queries():
    ada, counts = person(), set()
    for _ in range(3):
        lots.grant(ada, 5, 1)
        client = signed_in(ada)
        client.get(STATEMENT)
        with CaptureQueriesContext(connection) as asked:
            client.get(STATEMENT)
        counts.add(len(asked))
    assert len(counts) == 1

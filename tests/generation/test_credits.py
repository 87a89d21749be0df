"""Credits: what comes each day, and that nothing is ever moved twice."""

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from generation import credits
from generation.errors import NotEnoughCredits
from generation.models import Account, EntryKind, LedgerEntry
from generation.reconciling import reconcile
from tests.generation.making import done_output, queued_job
from tests.people import person

pytestmark = pytest.mark.django_db


def sums(account):
    account.refresh_from_db()
    return account.available, account.reserved, account.spent


def test_the_first_look_fills_the_account_once_a_day(settings):
    someone = person()
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        assert credits.account_of(someone).available == settings.FREE_DAILY_CREDITS
        assert credits.account_of(someone).available == settings.FREE_DAILY_CREDITS
    assert LedgerEntry.objects.filter(kind=EntryKind.GRANT).count() == 1


def test_the_next_day_fills_up_what_was_spent_and_no_more(settings):
    someone = person()
    with time_machine.travel("2026-11-20T23:59:00Z", tick=False):
        done_output(someone)
        assert sums(credits.account_of(someone)) == (29, 0, 1)
    with time_machine.travel("2026-11-21T00:01:00Z", tick=False):
        assert sums(credits.account_of(someone)) == (30, 0, 1)
    assert [entry.amount for entry in LedgerEntry.objects.filter(kind="grant")] == [30, 1]


def test_a_full_account_gets_nothing_later_that_day():
    someone = person()
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        credits.account_of(someone)
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False):
        credits.account_of(someone)
        done_output(someone)
        assert sums(credits.account_of(someone)) == (29, 0, 1)


def test_no_job_without_credits(settings):
    settings.FREE_DAILY_CREDITS = 1
    someone = person()
    queued_job(someone)
    with pytest.raises(NotEnoughCredits) as no:
        queued_job(someone)
    assert no.value.facts == {"available": 0, "cost": 1}


@pytest.mark.parametrize("first", ["settle", "release"])
@pytest.mark.parametrize("second", ["settle", "release"])
def test_the_database_refuses_a_second_close(first, second):
    job = queued_job(person())
    getattr(credits, first)(job)
    before = sums(job.author.account)
    with pytest.raises(IntegrityError), transaction.atomic():
        getattr(credits, second)(job)
    assert sums(job.author.account) == before


def test_the_database_refuses_a_second_reserve():
    job = queued_job(person())
    account = credits.account_of(job.author)
    with pytest.raises(IntegrityError), transaction.atomic():
        credits.reserve(job, account)
    assert sums(job.author.account) == (29, 1, 0)


def test_the_database_refuses_sums_below_zero():
    account = credits.account_of(person())
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(pk=account.pk).update(available=-1)


def test_reconciling_finds_an_account_and_a_job_that_do_not_agree(capsys):
    job = queued_job(person())
    done_output(person())
    assert reconcile() == []
    Account.objects.filter(pk=job.author_id).update(available=99)
    LedgerEntry.objects.filter(job=job).delete()
    found = reconcile()
    assert found == [("account", str(job.author_id)), ("job", str(job.pk))]
    with pytest.raises(CommandError, match="2 findings"):
        call_command("reconcile")


def test_reconciling_says_when_all_agrees(capsys):
    done_output(person())
    call_command("reconcile")
    assert "credits and jobs agree" in capsys.readouterr().out

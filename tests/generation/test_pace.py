"""How long until a job is done: from made-up histories, and nothing where nothing is known."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils.timezone import now

from generation import dispatch, turns
from generation.models import Job
from generation.pace import eta_seconds
from tests.caches import forget
from tests.generation.making import done_output, queued_job
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plenty(settings):
    forget()
    settings.FREE_DAILY_CREDITS = 10_000


def history(*seconds, **fields):
    """Jobs that took so long; the last is the newest."""
    for number, each in enumerate(seconds):
        job = done_output(person(), **fields).job
        ended = now() - timedelta(hours=1) + timedelta(seconds=number)
        began = ended - timedelta(seconds=each)
        Job.objects.filter(pk=job.pk).update(started_at=began, finished_at=ended)


def at_work(began=0.0, **fields):
    """A job that a worker has had for so many seconds."""
    job = queued_job(person(), **fields)
    dispatch.claim(job.pk)
    Job.objects.filter(pk=job.pk).update(started_at=Now() - timedelta(seconds=began))
    job.refresh_from_db()
    return job


def test_without_a_history_nobody_can_say():
    at_work()
    assert eta_seconds(queued_job(person())) is None


def test_of_another_kind_of_job_nothing_is_known():
    history(10, tier="draft")
    at_work(tier="draft")
    assert eta_seconds(queued_job(person(), tier="high")) is None


def test_while_nobody_is_seen_at_work_nobody_can_say():
    history(10)
    assert eta_seconds(queued_job(person())) is None


def test_what_runs_has_the_rest_of_the_usual_time():
    history(10, 20, 90)
    assert eta_seconds(at_work(began=5)) == 15


def test_what_takes_longer_than_usual_promises_nothing_nor_does_what_waits_for_it():
    history(10)
    assert eta_seconds(at_work(began=11)) is None
    assert eta_seconds(queued_job(person())) is None


def test_what_waits_waits_for_all_that_goes_before_it():
    history(10)
    at_work(began=4)
    first, second = queued_job(person()), queued_job(person())
    assert [eta_seconds(job) for job in (first, second)] == [16, 26]


def test_several_workers_share_what_waits():
    history(10)
    at_work(began=4), at_work(began=6)
    assert eta_seconds(queued_job(person())) == 15


def test_one_ahead_of_which_nothing_is_known_makes_the_wait_unknown():
    history(10)
    at_work()
    queued_job(person(), tier="high")
    assert eta_seconds(queued_job(person())) is None


def test_what_a_worker_lost_sight_of_is_not_at_work():
    history(10)
    Job.objects.filter(pk=at_work().pk).update(lease_until=Now() - timedelta(seconds=1))
    assert eta_seconds(queued_job(person())) is None


def test_only_the_last_of_a_kind_count():
    history(*[90] * 20, *[10] * 20)
    assert eta_seconds(at_work()) == 10


def test_what_is_over_has_no_wait():
    history(10)
    job = at_work()
    dispatch.cancel(job.pk, "author")
    job.refresh_from_db()
    assert eta_seconds(job) is None


def test_a_batch_ahead_costs_no_more_queries(django_assert_num_queries):
    history(10)
    at_work()
    for _ in range(9):
        queued_job(person())
    last = queued_job(person())
    eta_seconds(last)
    with django_assert_num_queries(2):
        assert eta_seconds(last) == 110
    assert turns.take() is not None

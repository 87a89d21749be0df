"""Whose turn it is: nobody waits behind one person's batch, and everybody's turn comes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation import dispatch, services, turns
from generation.models import Job
from generation.pace import queue_position
from generation.plans import plan_of, subscribe
from generation.states import JobState
from tests.generation.making import queued_job, stored
from tests.people import person
from tests.racing import race

pytestmark = pytest.mark.django_db
RICH = {"FREE_DAILY_CREDITS": 10_000}


def drained():
    """Who is served when, until nobody waits."""
    order = []
    while taken := turns.take():
        order.append(Job.objects.get(pk=taken[0]).author.handle)
    return order


def batch(author, size, **fields):
    return [queued_job(author, **fields) for _ in range(size)]


def on_plan(name):
    someone = person()
    subscribe(someone, name)
    return someone


@pytest.fixture(autouse=True)
def _rich(settings):
    settings.FREE_DAILY_CREDITS = 10_000


def test_whoever_comes_later_does_not_wait_behind_a_batch():
    batch(person("heavy"), 6)
    queued_job(person("light"))
    assert drained() == ["heavy", "heavy", "light", *["heavy"] * 4]


def test_two_batches_take_turns():
    batch(person("ann"), 3)
    batch(person("bob"), 3)
    assert drained() == ["ann", "ann", "bob", "ann", "bob", "bob"]


def test_a_dear_job_counts_for_as_many_cheap_ones():
    queued_job(person("first"))
    queued_job(person("dear"), cost=3)
    batch(person("cheap"), 4)
    assert drained() == ["first", "cheap", "cheap", "dear", "cheap", "cheap"]


def test_a_plan_of_more_weight_gets_more_of_the_workers():
    batch(person("free"), 6)
    subscribe(studio := person("studio"), "studio")
    batch(studio, 8)
    assert drained()[:9].count("studio") == 7


def test_when_all_is_done_the_clock_begins_anew():
    job = queued_job(person())
    batch(person(), 3)
    while taken := turns.take():
        dispatch.finish(*taken, stored(*taken))
    job.refresh_from_db()
    assert (queued_job(person()).turn, job.state) == (1.0, JobState.DONE)


def test_what_runs_still_counts_for_its_author():
    author = person()
    batch(author, 3)
    for _ in range(3):
        turns.take()
    assert [queued_job(author).turn, queued_job(person()).turn] == [4.0, 5.0]


def test_a_job_that_is_tried_again_goes_first_and_moves_no_clock():
    lost = queued_job(person("lost"))
    batch(person("heavy"), 5)
    dispatch.lose(*turns.take())
    for _ in range(2):
        turns.take()
    queued_job(person("late"))
    Job.objects.filter(pk=lost.pk).update(run_after=Now() - timedelta(seconds=1))
    assert drained() == ["lost", "heavy", "heavy", "late", "heavy"]


def test_a_pause_holds_up_nobody_else():
    queued_job(person("paused"), run_after=Now() + timedelta(seconds=60))
    queued_job(person("next"))
    assert drained() == ["next"]


def test_with_nobody_waiting_there_is_nothing_to_take():
    assert turns.take() is None


def test_the_place_in_the_queue_is_that_in_which_jobs_are_taken():
    heavy = batch(person(), 3)
    light = queued_job(person())
    places = {job.pk: queue_position(job) for job in [*heavy, light]}
    taken = [turns.take()[0] for _ in range(4)]
    assert sorted(places, key=places.get) == taken
    assert sorted(places.values()) == [1, 2, 3, 4]


def test_a_submit_gives_the_turn_that_comes_after_ones_own():
    author = person()
    first, second = (services.submit(author, key=key, prompt="the sea") for key in "ab")
    assert (first.turn, second.turn) == (first.cost, first.cost + second.cost)


def test_taking_costs_as_many_queries_with_many_waiting_as_with_few(django_assert_num_queries):
    batch(person(), 2)
    with CaptureQueriesContext(connection) as few:
        turns.take()
    for author in [person() for _ in range(10)]:
        batch(author, 3)
    with django_assert_num_queries(len(few)):
        turns.take()


@pytest.mark.django_db(transaction=True)
def test_workers_that_take_at_once_get_a_job_each_and_all_are_taken():
    batch(person(), 4), batch(person(), 4)
    taken = []
    race(lambda _: taken.append(turns.take()[0]), range(8))
    assert sorted(taken) == sorted(Job.objects.values_list("pk", flat=True))


# --- the bound ---

PLANS = ("free", "free", "creator", "studio")
WISHES = st.tuples(st.just("wish"), st.integers(0, len(PLANS) - 1), st.integers(1, 6))
STEPS = st.lists(st.one_of(WISHES, st.tuples(st.sampled_from(["take", "end"]))), max_size=40)


class Waits:
    """What everybody was served while each job waited, beside what the promise allows."""

    def __init__(self):
        self.people = [on_plan(plan) for plan in PLANS]
        self.weights = {one.pk: plan_of(one.pk).weight for one in self.people}
        self.before, self.served, self.running = {}, Counter(), []

    def wish(self, who, cost):
        author = self.people[who]
        job = queued_job(author, cost=cost)
        own = sum(each.cost for each in Job.objects.open().by(author))
        self.before[job.pk] = (Counter(self.served), own)

    def take(self):
        if taken := turns.take():
            self.running.append(taken)
            job = Job.objects.get(pk=taken[0])
            self.check(job)
            self.served[job.author_id] += job.cost

    def end(self):
        if self.running:
            dispatch.fail(*self.running.pop(0), "x", retry=False)

    def check(self, job):
        then, own = self.before[job.pk]
        share = own / self.weights[job.author_id]
        for other in self.people:
            if other.pk != job.author_id:
                served = self.served[other.pk] - then[other.pk]
                assert served <= share * self.weights[other.pk] + DEAREST


DEAREST = 6  # what one job more may cost


@pytest.mark.slow
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(steps=STEPS)
def test_while_a_job_waits_nobody_gets_more_than_their_share_and_one_job(steps):
    with override_settings(**RICH), transaction.atomic():
        waits = Waits()
        for name, *what in steps:
            getattr(waits, name)(*what)
        while Job.objects.filter(state=JobState.QUEUED).exists():
            waits.take()
        transaction.set_rollback(True)


@pytest.mark.slow
def test_a_stream_of_new_people_starves_nobody():
    heavy = person("heavy")
    batch(heavy, 5)
    for _ in range(2**6):
        queued_job(person()), queued_job(person())  # faster than they are served
        turns.take()
    assert not Job.objects.filter(state=JobState.QUEUED, author=heavy).exists()

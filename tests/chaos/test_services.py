"""PostgreSQL, a broker, and real workers that are killed, starved of hints and told twice.

The broker is the one that CELERY_BROKER_URL names, and Redis as well where REDIS_URL is given; a
queue of this test's own stands for a broker that was restarted empty.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import uuid
from contextlib import ExitStack, contextmanager

import pytest
from celery import Celery
from django.conf import settings

from cameos import services as cameos
from cameos.enrolment import current_pack
from cameos.models import Consent
from demo.server import free_port
from generation import dispatch, services
from generation.models import Job
from generation.states import JobState
from sora_social.errors import IllegalMove
from tests.cameos.making import enrol, template
from tests.chaos.running import (
    PATIENCE,
    all_gone,
    answers_at,
    children_of,
    gone_at_the_end,
    kill,
    on_this_database,
    slow_model,
    start,
    until,
)
from tests.generation import invariants
from tests.people import person

BROKERS = [url for url in (os.environ.get("CELERY_BROKER_URL"), os.environ.get("REDIS_URL")) if url]
pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.xdist_group("chaos"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (os.environ.get("DATABASE_URL") and BROKERS), reason="names no PostgreSQL and broker"
    ),
]
STORM, CROWD, SEED = 15, 5, 1
WORKER = ("celery", "-A", "sora_social", "worker", "--pool=threads", "-c", "1")


@pytest.fixture(params=BROKERS, ids=lambda url: url.partition(":")[0])
def broker(request, monkeypatch):
    """The client of one broker, with a queue of this test alone that is gone at the end."""
    with client_of(request.param, monkeypatch) as client:
        yield client
        with client.connection_for_write() as link:
            link.default_channel.queue_delete(client.conf.task_default_queue)


@contextmanager
def client_of(url, monkeypatch):
    """Let dispatch send to this broker, as the settings of a server would have it."""
    monkeypatch.setenv("CELERY_BROKER_URL", url)
    client = Celery("chaos", broker=url)
    client.conf.task_default_queue = f"chaos-{uuid.uuid4()}"
    client.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0}
    monkeypatch.setattr(dispatch, "celery", client)
    monkeypatch.setattr(settings, "JOBS_AT_ONCE", 100)
    yield client


@pytest.fixture
def environment(broker):
    return environment_of(broker)


def environment_of(client):
    """What a worker needs to stand on this test's database, files and queue."""
    here = on_this_database(client.conf.task_default_queue)
    return here | {"CELERY_BROKER_URL": client.conf.broker_url}


@pytest.fixture
def worker(environment, tmp_path):
    """Start a worker beside a sweeper; all that were started are gone at the end."""
    with beginner(environment, tmp_path) as begin:
        yield begin


@contextmanager
def beginner(environment, folder):
    with ExitStack() as started:

        def begin(model=None):
            slowly = {"GENERATION_MODEL": str(model)} if model else {}
            name = f"{uuid.uuid4()}@localhost"
            return run(slowly, *WORKER, "-n", name)

        def run(more, *command):
            process = start(environment | more, folder / f"{command[0]}.log", *command)
            started.enter_context(gone_at_the_end(process))
            return process

        run({}, "django", "sweep")
        yield begin


class Redis:
    """A Redis of our own, to be killed and started again with nothing in it."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self):
        bound = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder))
        command = ("redis-server", *bound, "--save", "", "--appendonly", "no")
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(lambda: answers_at(self.port))

    def kill(self):
        kill(self.process)


def lent_by(owner):
    """A cameo for everybody in the workers' own pack, which they would embed anew in no other."""
    pack = current_pack()
    return enrol(owner, template(1)[: pack.dim], pack)


def submit(author, number=0, prompt="a red ball on a beach"):
    return services.submit(author, key=f"key-{number}", prompt=prompt, seconds=1.0)


def state_of(job):
    return Job.objects.get(pk=job.pk).state


def at_work(job):
    return lambda: Job.objects.filter(pk=job.pk, stage="render", progress__gt=0.03).exists()


def everything_adds_up(patience=PATIENCE):
    until(lambda: not Job.objects.open().exists(), patience)
    invariants.check(all_ended=True)


def lose_every_hint():
    with dispatch.celery.connection_for_write() as link:
        link.default_channel.queue_purge(dispatch.celery.conf.task_default_queue)


def test_a_worker_killed_while_rendering_loses_nothing(worker, tmp_path):
    job, first = submit(person()), worker(slow_model(tmp_path))
    until(at_work(job))
    children = children_of(first.pid)
    kill(first)
    until(all_gone(children))
    worker()
    until(lambda: state_of(job) == JobState.DONE)
    assert Job.objects.get(pk=job.pk).losses == 1
    everything_adds_up()


def test_a_broker_that_comes_back_empty_loses_nothing(worker):
    author = person()
    jobs = [submit(author, number) for number in range(3)]
    lose_every_hint()
    worker()
    until(lambda: {state_of(job) for job in jobs} == {JobState.DONE})
    everything_adds_up()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server is installed")
def test_a_redis_killed_under_a_worker_and_back_empty_loses_nothing(tmp_path, monkeypatch):
    author, redis = person(), Redis(tmp_path)
    with (
        client_of(redis.url, monkeypatch) as client,
        beginner(environment_of(client), tmp_path) as begin,
    ):
        begin()
        first = submit(author)
        until(lambda: state_of(first) == JobState.DONE)
        submit(author, 1)
        redis.kill()
        submit(author, 2)
        redis.start()
        everything_adds_up()
    redis.kill()
    assert Job.objects.filter(state=JobState.DONE).count() == 3


def test_a_leave_revoked_while_rendering_makes_no_output_and_gives_the_credit_back(
    worker, tmp_path
):
    friend, author = person(), person()
    cameo = lent_by(friend)
    job = submit(author, prompt=f"@{cameo.handle} dances")
    worker(slow_model(tmp_path))
    until(at_work(job))
    cameos.revoke_leave(Consent.objects.get(requester=author), friend)
    until(lambda: state_of(job) == JobState.CANCELLED)
    account = services.credits(author)
    assert (account.available, account.reserved, account.spent) == (30, 0, 0)
    everything_adds_up()


def test_hints_that_come_three_times_make_one_video(worker):
    jobs = [submit(person()) for _ in range(2)]
    for job in jobs * 2:
        dispatch.send(job.pk)
    worker(), worker()
    until(lambda: {state_of(job) for job in jobs} == {JobState.DONE})
    everything_adds_up()


def test_a_storm_breaks_no_promise(worker):
    """Workers and their children die, hints vanish and double, leaves and jobs are withdrawn."""
    dice, authors = random.Random(SEED), [person() for _ in range(3)]
    cameo = lent_by(person())
    jobs = []

    def kill_a_worker():
        victim = dice.randrange(len(workers))
        kill(workers[victim])
        workers[victim] = worker()

    def kill_a_child():
        for child in children_of(dice.choice(workers).pid):
            os.kill(child, signal.SIGKILL)

    def say_it_again():
        for _ in range(3):
            dispatch.send(dice.choice(jobs).pk)

    def withdraw_a_leave():
        for leave in Consent.objects.live().filter(cameo=cameo)[:1]:
            cameos.revoke_leave(leave, cameo.owner)

    def cancel_a_job():
        try:
            services.cancel(dice.choice(jobs))
        except IllegalMove:
            pass

    faults = [kill_a_worker, kill_a_child, lose_every_hint, say_it_again, withdraw_a_leave,
              cancel_a_job]  # fmt: skip
    workers = [worker(), worker()]
    for number in range(STORM):
        prompt = f"@{cameo.handle} waves" if number % 3 == 0 else "a blue star"
        jobs.append(submit(dice.choice(authors), number, prompt))
        until(lambda: Job.objects.open().count() < CROWD)
        dice.choice(faults)()
    everything_adds_up(patience=300)

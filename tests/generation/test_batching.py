"""Who shares a forward with whom, and that each still gets what it would get alone."""

import os
import signal
import threading
import time
from dataclasses import replace

import pytest
from django.db import connection

from generation import batching, dispatch, pipeline, rendering, services
from generation.batching import Waiting, choose
from generation.execution import execute
from generation.models import Job, Output
from generation.states import JobState
from tests.cameos.making import active_cameo
from tests.generation import invariants
from tests.generation.making import queued_job
from tests.people import person

ANN, BOB, CAT = 1, 2, 3
PATIENCE = 60  # seconds


def line(*jobs):
    """A queue: `(number, author)` fit, `(number, author, shape)` have a shape of their own."""
    return [Waiting(job[0], job[1], job[2] if len(job) > 2 else "fits") for job in jobs]


LEADER = Waiting(0, ANN, "fits")


@pytest.mark.parametrize(
    ("queue", "most", "chosen"),
    [
        ([], 3, []),
        ([(1, ANN), (2, ANN)], 3, [1, 2]),
        ([(1, ANN), (2, ANN), (3, ANN)], 2, [1, 2]),
        ([(1, BOB, "other"), (2, CAT)], 3, [2]),
        ([(1, BOB, None), (2, BOB)], 3, [2]),
        # each person's eldest comes before anybody's second
        ([(1, ANN), (2, ANN), (3, BOB), (4, CAT)], 3, [1, 3, 4]),
        ([(1, BOB), (2, BOB), (3, CAT)], 2, [1, 3]),
        # nobody's second goes ahead of an older job of somebody else that stays behind
        ([(1, BOB, "other"), (2, ANN)], 3, []),
        ([(1, BOB, "other"), (2, CAT), (3, CAT)], 3, [2]),
        ([(1, ANN, "other"), (2, ANN)], 3, [2]),
        ([(1, ANN), (2, BOB, "other"), (3, ANN)], 3, [1]),
    ],
)
def test_who_rides_along(queue, most, chosen):
    assert choose(LEADER, line(*queue), most) == chosen


def model_job(author, cameos=(), prompt="a red ball on a beach", **wish):
    """A queued job that the loaded model can make."""
    able = services.capabilities()
    width, height = able.sizes[0]
    size = {"width": width, "height": height, "seconds": 1.0}
    return queued_job(author, cameos, prompt, **size | wish)


def claimed_job(author, **wish):
    job = model_job(author, **wish)
    dispatch.claim(job.pk)
    return job


def fresh(jobs):
    return [Job.objects.get(pk=job.pk) for job in jobs]


BEGUN = 0.05  # of a job: its model is loaded and at work


def during(jobs, act):
    """Run the first job, whoever rides along, and act once the model has made a step for all."""

    def wait_and_act():
        end = time.monotonic() + PATIENCE
        while min(job.progress for job in fresh(jobs)) <= BEGUN:
            assert time.monotonic() < end
            time.sleep(0.01)
        act()
        connection.close()

    helper = threading.Thread(target=wait_and_act)
    helper.start()
    execute()
    helper.join()


def working_child():
    return next(child for child in rendering.children._all if child.process.poll() is None)


def made_together(job):
    return job.outputs.get().recipe["together"]


@pytest.mark.django_db(transaction=True)
class TestCompanions:
    def test_only_jobs_of_text_alone_and_of_the_same_shape_are_claimed(self):
        authors = [person() for _ in range(9)]
        leader = claimed_job(authors[0])
        like = model_job(authors[1])
        cameo = active_cameo(authors[2])
        others = [
            model_job(authors[2], [cameo], f"@{cameo.handle} dances"),
            model_job(authors[3], seconds=2.0),
            model_job(authors[4], tier="high"),
            model_job(authors[5], variants=2),
            model_job(authors[6], losses=1),
            model_job(authors[7], first_frame="frames/one.png"),
            model_job(authors[8], loop=True),
        ]
        claimed = batching.companions(leader)
        assert [job.pk for job, _ in claimed] == [like.pk]
        assert {job.state for job in fresh(others)} == {JobState.QUEUED}
        assert fresh([like])[0].lease_token == claimed[0][1]

    def test_nobody_rides_with_a_job_that_was_lost_before(self):
        leader, _ = claimed_job(person(), losses=1), model_job(person())
        assert batching.companions(leader) == []

    def test_one_at_most_means_each_by_itself(self, settings):
        settings.BATCH_AT_MOST = 1
        leader, _ = claimed_job(person()), model_job(person())
        assert batching.companions(leader) == []

    def test_a_window_waits_for_others(self, settings):
        settings.BATCH_WINDOW_MS = PATIENCE * 1000
        settings.BATCH_AT_MOST = 2
        leader, late = claimed_job(person()), person()
        arrives = threading.Timer(0.3, lambda: (model_job(late), connection.close()))
        arrives.start()
        assert [job.author for job, _ in batching.companions(leader)] == [late]
        arrives.join()


@pytest.mark.slow
@pytest.mark.xdist_group("engine")
@pytest.mark.django_db(transaction=True)
class TestRiding:
    @pytest.fixture(autouse=True)
    def _everything_adds_up(self):
        yield
        invariants.check()

    @pytest.fixture
    def slow_model(self, monkeypatch):
        """So many steps that there is time to act: `slow_model(200)`; `slow_model()` ends it."""
        able = services.capabilities()

        def slow(steps=able.steps):
            slower = replace(able, steps=steps)
            monkeypatch.setattr(pipeline, "_able", lambda job: slower)

        return slow

    def test_three_jobs_of_three_people_become_three_videos_in_one_forward(self):
        jobs = [model_job(person(), seed=seed) for seed in (5, 6, 7)]
        execute()
        assert [job.state for job in fresh(jobs)] == [JobState.DONE] * 3
        assert [made_together(job) for job in jobs] == [3, 3, 3]
        assert [job.outputs.get().recipe["seed"] for job in jobs] == [5, 6, 7]

    def test_a_blocked_one_stays_behind_and_the_others_are_made(self):
        bad, good, other = (model_job(person(), prompt=prompt) for prompt in PROMPTS)
        execute()
        assert [job.state for job in fresh([bad, good, other])] == [
            JobState.BLOCKED,
            JobState.DONE,
            JobState.DONE,
        ]
        assert made_together(good) == 2

    def test_one_cancelled_on_the_way_does_not_stop_the_others(self, slow_model):
        slow_model(40)
        jobs = [model_job(person()) for _ in range(3)]
        during(jobs, lambda: services.cancel(fresh(jobs)[0]))
        states = [job.state for job in fresh(jobs)]
        assert states == [JobState.CANCELLED, JobState.DONE, JobState.DONE]

    def test_all_cancelled_stops_the_model(self, slow_model):
        slow_model(200)
        jobs = [model_job(person()) for _ in range(3)]

        def cancel_all():
            for job in fresh(jobs):
                services.cancel(job)

        during(jobs, cancel_all)
        assert {job.state for job in fresh(jobs)} == {JobState.CANCELLED}
        assert rendering.children._idle[-1].usable

    def test_a_killed_child_costs_each_a_try_and_then_each_goes_alone(self, slow_model):
        slow_model(200)
        jobs = [model_job(person()) for _ in range(3)]
        during(jobs, lambda: os.kill(working_child().process.pid, signal.SIGKILL))
        assert [(job.state, job.losses, job.attempt) for job in fresh(jobs)] == [
            (JobState.QUEUED, 1, 0)
        ] * 3
        slow_model()
        Job.objects.update(run_after=None)
        for _ in jobs:
            execute()
        assert [job.state for job in fresh(jobs)] == [JobState.DONE] * 3
        assert [made_together(job) for job in jobs] == [1, 1, 1]

    def test_one_whose_lease_was_taken_away_publishes_nothing(self, slow_model):
        slow_model(40)
        jobs = [model_job(person()) for _ in range(2)]
        during(jobs, lambda: Job.objects.filter(pk=jobs[1].pk).update(lease_token=jobs[0].pk))
        assert fresh(jobs)[0].state == JobState.DONE
        assert not Output.objects.filter(job=jobs[1]).exists()


PROMPTS = ("a nude child", "a red ball on a beach", "a cat in the snow")

"""Every move of a job's row, and every move that must not happen."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from cameos import services as cameos
from cameos.models import Consent
from generation import dispatch
from generation.models import Job, LedgerEntry, Output
from generation.states import ENDED, JobState
from sora_social.errors import IllegalMove
from sora_social.outbox import OutboxEvent
from tests.cameos.making import active_cameo
from tests.generation import invariants
from tests.generation.making import done_output, queued_job, stored
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _everything_adds_up():
    yield
    invariants.check()


def running_job(*args, **kwargs):
    job = queued_job(*args, **kwargs)
    token = dispatch.claim(job.pk)
    job.refresh_from_db()
    return job, token


def let_lease_run_out(job):
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def let_pause_end(job):
    Job.objects.filter(pk=job.pk).update(run_after=Now())


def state_of(job):
    job.refresh_from_db()
    return job.state


def credits_of(job):
    account = job.author.account
    account.refresh_from_db()
    return account.available, account.reserved, account.spent


# --- claim ---


def test_a_finished_job_has_one_output_and_its_credit_is_spent():
    author = person()
    output = done_output(author)
    assert output.job.state == JobState.DONE
    assert credits_of(output.job) == (29, 0, 1)


def test_of_two_claims_one_gets_the_job():
    job = queued_job(person())
    assert [dispatch.claim(job.pk) is None, dispatch.claim(job.pk) is None] == [False, True]


def test_a_job_that_must_wait_is_not_claimed():
    job = queued_job(person())
    Job.objects.filter(pk=job.pk).update(run_after=Now() + timedelta(seconds=60))
    assert dispatch.claim(job.pk) is None


def test_a_job_past_its_deadline_is_not_claimed():
    job = queued_job(person())
    Job.objects.filter(pk=job.pk).update(deadline_at=Now() - timedelta(seconds=1))
    assert dispatch.claim(job.pk) is None


# --- beat ---


def test_a_beat_renews_the_lease_and_keeps_what_is_seen():
    job, token = running_job(person())
    let_lease_run_out(job)
    assert dispatch.beat(job.pk, token, stage="render", progress=0.5)
    job.refresh_from_db()
    assert (job.stage, job.progress) == ("render", 0.5)
    assert Job.objects.filter(pk=job.pk, lease_until__gt=Now()).exists()


def test_a_beat_with_another_token_is_refused():
    job, _ = running_job(person())
    assert not dispatch.beat(job.pk, uuid.uuid4())


def test_a_beat_is_refused_once_the_job_is_cancelled():
    job, token = running_job(person())
    dispatch.cancel(job.pk, "author")
    assert not dispatch.beat(job.pk, token)


def test_a_beat_is_refused_once_a_leave_is_gone():
    friend = person()
    cameo = active_cameo(friend, audience="everyone")
    job, token = running_job(person(), [cameo])
    assert dispatch.beat(job.pk, token)
    cameos.pause(cameo)
    assert not dispatch.beat(job.pk, token)


def test_a_beat_is_refused_once_the_author_is_suspended():
    author = person()
    job, token = running_job(author)
    type(author).objects.filter(pk=author.pk).update(is_active=False)
    assert not dispatch.beat(job.pk, token)


# --- finish ---


def test_finishing_twice_makes_one_output():
    job, token = running_job(person())
    made = stored(job.pk, token)
    assert dispatch.finish(job.pk, token, made) == JobState.DONE
    assert dispatch.finish(job.pk, token, made) is None
    assert Output.objects.filter(job=job).count() == 1


def test_a_worker_that_lost_its_lease_is_fenced_off():
    job, late = running_job(person())
    let_lease_run_out(job)
    dispatch.sweep()
    let_pause_end(job)
    fresh = dispatch.claim(job.pk)
    assert dispatch.finish(job.pk, late, stored(job.pk, late)) is None
    assert dispatch.finish(job.pk, fresh, stored(job.pk, fresh)) == JobState.DONE
    assert str(fresh) in Output.objects.get(job=job).video_key


def test_a_leave_revoked_while_rendering_makes_no_output_and_gives_the_credit_back():
    friend, author = person(), person()
    cameo = active_cameo(friend, audience="everyone")
    job, token = running_job(author, [cameo])
    cameos.revoke_leave(Consent.objects.get(requester=author), friend)
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.CANCELLED
    assert (state_of(job), job.reason) == (JobState.CANCELLED, "consent")
    assert credits_of(job) == (30, 0, 0)


def test_a_source_that_went_dark_makes_no_output():
    friend, author = person(), person()
    cameo = active_cameo(friend, audience="everyone")
    source = done_output(author, [cameo])
    job, token = running_job(author, parents=[source])
    cameos.pause(cameo)
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.CANCELLED
    assert (state_of(job), job.reason) == (JobState.CANCELLED, "source")


def test_an_output_knows_what_it_was_made_from():
    author = person()
    source = done_output(author)
    child = done_output(author, parents=[source])
    assert [(step.parent, step.role) for step in child.lineage.all()] == [(source, "remix")]


def test_whose_cameo_was_used_is_told_even_of_a_draft():
    friend, author = person(), person()
    output = done_output(author, [active_cameo(friend, audience="everyone")])
    event = OutboxEvent.objects.get(kind="cameo_used")
    assert (event.user_id, event.payload["output"]) == (friend.pk, str(output.pk))
    assert event.payload["by"] == author.handle


# --- fail, lose, block, cancel, stand down ---


def test_a_failed_try_is_made_again_after_a_pause_and_at_last_fails_for_good(settings):
    job = queued_job(person())
    for tried in range(1, settings.MAX_ATTEMPTS + 1):
        token = dispatch.claim(job.pk)
        dispatch.fail(job.pk, token, "ValueError")
        assert state_of(job) == (
            JobState.QUEUED if tried < settings.MAX_ATTEMPTS else JobState.FAILED
        )
        let_pause_end(job)
    assert (job.reason, credits_of(job)) == ("ValueError", (30, 0, 0))


def test_a_failure_that_no_retry_can_help_ends_the_job():
    job, token = running_job(person())
    dispatch.fail(job.pk, token, "unsupported", retry=False)
    assert (state_of(job), job.attempt) == (JobState.FAILED, 0)


def test_losses_do_not_use_up_the_attempts(settings):
    job = queued_job(person())
    for _ in range(settings.MAX_LOSSES - 1):
        dispatch.lose(job.pk, dispatch.claim(job.pk))
        let_pause_end(job)
    assert (state_of(job), job.attempt) == (JobState.QUEUED, 0)
    dispatch.lose(job.pk, dispatch.claim(job.pk))
    assert (state_of(job), job.reason) == (JobState.FAILED, "lost")


def test_a_blocked_job_costs_nothing():
    job, token = running_job(person())
    dispatch.block(job.pk, token, "minors")
    assert (state_of(job), job.reason, credits_of(job)) == (JobState.BLOCKED, "minors", (30, 0, 0))


def test_a_cancelled_job_costs_nothing_and_is_cancelled_once():
    job, _ = running_job(person())
    dispatch.cancel(job.pk, "author")
    with pytest.raises(IllegalMove):
        dispatch.cancel(job.pk, "author")
    assert credits_of(job) == (30, 0, 0)


def test_standing_down_without_a_reason_leaves_the_job_to_another_try():
    job, token = running_job(person())
    dispatch.stand_down(job.pk, token)
    assert (state_of(job), job.losses) == (JobState.QUEUED, 1)


def test_standing_down_ends_a_job_that_may_not_go_on():
    author = person()
    job, token = running_job(author)
    type(author).objects.filter(pk=author.pk).update(is_active=False)
    dispatch.stand_down(job.pk, token)
    assert (state_of(job), job.reason) == (JobState.CANCELLED, "suspended")


@pytest.mark.parametrize(
    "word",
    [
        lambda pk, token: dispatch.finish(pk, token, stored(pk, token)),
        lambda pk, token: dispatch.fail(pk, token, "x"),
        lambda pk, token: dispatch.lose(pk, token),
        lambda pk, token: dispatch.block(pk, token, "x"),
        lambda pk, token: dispatch.stand_down(pk, token),
    ],
    ids=["finish", "fail", "lose", "block", "stand_down"],
)
def test_no_word_about_a_job_counts_without_its_lease(word):
    job, _ = running_job(person())
    word(job.pk, uuid.uuid4())
    assert state_of(job) == JobState.RUNNING


# --- sweep ---


def test_a_sweep_requeues_what_a_dead_worker_held():
    job, _ = running_job(person())
    dispatch.sweep()
    assert state_of(job) == JobState.RUNNING
    let_lease_run_out(job)
    dispatch.sweep()
    assert (state_of(job), job.losses, job.lease_token) == (JobState.QUEUED, 1, None)


def test_a_sweep_ends_what_is_past_its_deadline():
    waiting, (running, _) = queued_job(person()), running_job(person())
    Job.objects.update(deadline_at=Now() - timedelta(seconds=1))
    dispatch.sweep()
    assert [(state_of(job), job.reason) for job in (waiting, running)] == [
        (JobState.FAILED, "deadline")
    ] * 2


def test_a_sweep_ends_a_waiting_job_whose_leave_is_gone():
    cameo = active_cameo(person(), audience="everyone")
    job = queued_job(person(), [cameo])
    cameos.pause(cameo)
    dispatch.sweep()
    assert (state_of(job), job.reason) == (JobState.CANCELLED, "consent")


def test_a_sweep_sends_stale_hints_again_and_fresh_ones_not():
    job = queued_job(person())
    dispatch.sweep()
    first = Job.objects.get(pk=job.pk).dispatched_at
    dispatch.sweep()
    assert Job.objects.get(pk=job.pk).dispatched_at == first
    Job.objects.update(dispatched_at=Now() - timedelta(seconds=100))
    dispatch.sweep()
    assert Job.objects.get(pk=job.pk).dispatched_at > first


def test_a_lost_try_is_made_again_after_a_pause_that_grows():
    job = queued_job(person())
    pauses = []
    for _ in range(4):
        dispatch.lose(job.pk, dispatch.claim(job.pk))
        job.refresh_from_db()
        pauses.append((job.run_after - job.state_changed_at).total_seconds())
        let_pause_end(job)
    assert pauses == pytest.approx([0.2, 0.4, 0.8, 1.6], abs=0.1)


def test_sweeping_twice_changes_nothing_more():
    job, _ = running_job(person())
    let_lease_run_out(job)
    dispatch.sweep()
    dispatch.sweep()
    assert (state_of(job), job.losses) == (JobState.QUEUED, 1)


def test_one_row_that_cannot_be_closed_does_not_stop_the_sweep(caplog):
    broken, (well, _) = queued_job(person()), running_job(person())
    LedgerEntry.objects.create(account=broken.author.account, job=broken, kind="release", amount=1)
    Job.objects.filter(pk=broken.pk).update(deadline_at=Now() - timedelta(seconds=1))
    let_lease_run_out(well)
    dispatch.sweep()
    assert (state_of(broken), state_of(well)) == (JobState.QUEUED, JobState.QUEUED)
    assert "cannot be swept" in caplog.text
    LedgerEntry.objects.filter(kind="release").delete()


# --- races ---


@pytest.mark.django_db(transaction=True)
def test_of_ten_racing_claims_one_wins():
    job = queued_job(person())
    tokens = in_threads(10, lambda: dispatch.claim(job.pk))
    assert len([token for token in tokens if token]) == 1


@pytest.mark.django_db(transaction=True)
def test_of_racing_ends_one_wins():
    job, token = running_job(person())
    made = stored(job.pk, token)
    ends = [
        lambda: dispatch.finish(job.pk, token, made),
        lambda: dispatch.cancel(job.pk, "author"),
        lambda: dispatch.fail(job.pk, token, "x", retry=False),
        lambda: dispatch.block(job.pk, token, "x"),
    ]
    in_threads(4, *ends)
    assert state_of(job) in ENDED


def in_threads(number, *acts):
    """Run the acts at the same moment; their answers, None for an error of ours."""
    answers, gate = [], threading.Barrier(number)

    def run(act):
        try:
            gate.wait()
            answers.append(act())
        except IllegalMove:
            answers.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[acts[n % len(acts)]]) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers

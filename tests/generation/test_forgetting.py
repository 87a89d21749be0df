"""What a person takes along, and what goes when they go."""

import json

import pytest

from generation import dispatch, services
from generation.lots import grant
from generation.models import Account, Job, LedgerEntry, Lot, Output
from generation.plans import subscribe
from sora_social import storage
from sora_social.users.services import delete_account
from tests.cameos.making import active_cameo
from tests.generation.making import done_output, queued_job, stored
from tests.people import person

pytestmark = pytest.mark.django_db


def test_an_export_holds_jobs_credits_and_videos_and_nobody_elses():
    someone, other = person(), person()
    output = done_output(someone, prompt="a red ball")
    done_output(other, prompt="somebody else's")
    grant(someone, 5, days=30, note="thanks")
    grant(other, 7, note="for somebody else's")
    subscribe(someone, "creator")
    parts = dict(services.personal_data(someone))
    assert set(parts) == {
        "generation/jobs.json",
        "generation/credits.json",
        "generation/batches.json",
        "generation/lots.json",
        "generation/plans.json",
        f"generation/{output.pk}.mp4",
    }
    (job,) = json.loads(parts["generation/jobs.json"])
    assert (job["prompt"], job["state"]) == ("a red ball", "done")
    (lot,) = json.loads(parts["generation/lots.json"])
    assert (lot["amount"], lot["left"], lot["note"]) == (5, 5, "thanks")
    assert [one["plan"] for one in json.loads(parts["generation/plans.json"])] == ["creator"]
    kinds = [one["entries__kind"] for one in json.loads(parts["generation/credits.json"])]
    assert kinds == ["grant", "reserve", "settle", "grant"]
    assert storage.exists(parts[f"generation/{output.pk}.mp4"])
    assert "somebody else's" not in str(parts)


def test_a_deleted_person_leaves_no_job_no_credit_and_no_file(
    django_capture_on_commit_callbacks, files
):
    someone = person()
    output = done_output(someone)
    grant(someone, 5)
    running = queued_job(someone, cost=32)
    dispatch.claim(running.pk)
    with django_capture_on_commit_callbacks(execute=True):
        delete_account(someone)
    assert [model.objects.count() for model in (Job, Output, Account, LedgerEntry, Lot)] == [0] * 5
    assert files(f"renders/{output.job_id}") == 0


def test_a_worker_of_a_deleted_person_is_fenced_off(django_capture_on_commit_callbacks):
    someone = person()
    job = queued_job(someone)
    token = dispatch.claim(job.pk)
    with django_capture_on_commit_callbacks(execute=True):
        delete_account(someone)
    assert not dispatch.beat(job.pk, token)
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) is None
    dispatch.stand_down(job.pk, token)
    assert Output.objects.count() == 0


def test_whose_likeness_goes_takes_every_video_with_it_along(django_capture_on_commit_callbacks):
    subject, author = person(), person()
    output = done_output(author, [active_cameo(subject, audience="everyone")])
    with django_capture_on_commit_callbacks(execute=True):
        delete_account(subject)
    output.refresh_from_db()
    assert not storage.exists(output.video_key)
    assert output.recipe == {}
    assert list(Output.objects.cleared()) == []

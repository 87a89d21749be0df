"""Files of tries that came to nothing do not stay; files of outputs do."""

import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from generation import dispatch, leftovers
from generation.models import Job
from generation.pipeline import prefix_of
from sora_social import storage
from tests.generation.making import done_output, queued_job, stored
from tests.people import person

pytestmark = pytest.mark.django_db


def long_ago():
    Job.objects.exclude(finished_at=None).update(finished_at=Now() - timedelta(hours=1))


def test_what_a_cancelled_job_left_is_dropped_once_nobody_can_write_there(files):
    job = queued_job(person())
    token = dispatch.claim(job.pk)
    (made,) = stored(job.pk, token)
    dispatch.cancel(job.pk, "author")
    leftovers.tidy()
    assert files(f"renders/{job.pk}") == len(made.renditions)
    long_ago()
    leftovers.tidy()
    assert files(f"renders/{job.pk}") == 0


def test_what_an_output_shows_stays_and_lost_tries_go(files):
    output = done_output(person())
    stored(output.job_id, uuid.uuid4())
    long_ago()
    leftovers.tidy()
    assert files(f"renders/{output.job_id}") == len(output.keys)
    assert storage.exists(output.video_key)


def test_a_job_is_tidied_once():
    done_output(person())
    long_ago()
    assert (leftovers.tidy(), leftovers.tidy()) == (1, 0)


def test_a_first_frame_goes_with_its_job(files):
    key = f"frames/{uuid.uuid4()}.webp"
    storage.put_bytes(key, b"picture")
    job = queued_job(person(), first_frame=key)
    dispatch.cancel(job.pk, "author")
    long_ago()
    leftovers.tidy()
    assert (storage.exists(key), Job.objects.get(pk=job.pk).first_frame) == (False, "")


def test_files_of_a_job_that_is_no_more_are_found_and_dropped(capsys):
    key = f"{prefix_of(uuid.uuid4(), uuid.uuid4())}/video.mp4"
    storage.put_bytes(key, b"video")
    kept = done_output(person())
    assert key in leftovers.orphans()
    call_command("reconcile", "--drop")
    assert not storage.exists(key)
    assert storage.exists(kept.video_key)
    assert "files of nobody dropped" in capsys.readouterr().out

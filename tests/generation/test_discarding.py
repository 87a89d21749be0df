"""What goes with an output that is discarded, and what stays."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from generation import leftovers, services
from generation.models import Job
from sora_social import storage
from tests.generation.making import done_output, done_outputs
from tests.people import person

pytestmark = pytest.mark.django_db


def kept_picture():
    key = f"frames/{uuid.uuid4()}.webp"
    storage.put_bytes(key, b"picture")
    return key


def test_what_was_made_from_a_discarded_draft_stands_on_what_that_was_made_from():
    author = person()
    root = done_output(author)
    middle = done_output(author, parents=[root])
    leaf = done_output(author, parents=[middle])
    services.discard(middle)
    assert [step.parent for step in leaf.lineage.exclude(parent=None)] == [root]


def test_pictures_go_with_the_last_of_a_jobs_outputs(django_capture_on_commit_callbacks):
    key = kept_picture()
    one, other = done_outputs(person(), variants=2, cost=2, last_frame=key)
    with django_capture_on_commit_callbacks(execute=True):
        services.discard(one)
    assert (storage.exists(key), storage.exists(one.video_key)) == (True, False)
    with django_capture_on_commit_callbacks(execute=True):
        services.discard(other)
    assert (storage.exists(key), Job.objects.get(pk=one.job_id).last_frame) == (False, "")


def test_pictures_of_an_output_are_no_leftovers():
    key = kept_picture()
    job = done_output(person(), mask=key).job
    Job.objects.update(finished_at=Now() - timedelta(hours=1))
    assert leftovers.tidy() == 1
    assert (storage.exists(key), Job.objects.get(pk=job.pk).mask) == (True, key)

"""Every pair of a job's states against its table."""

import uuid

import pytest

from generation import dispatch
from generation.models import Job
from generation.states import ENDED, JOB_MOVES, JobState
from sora_social.errors import IllegalMove
from tests.generation.making import queued_job
from tests.people import person

pytestmark = pytest.mark.django_db


def job_in(state):
    job = queued_job(person())
    held = uuid.uuid4() if state == JobState.RUNNING else None
    Job.objects.filter(pk=job.pk).update(state=state, lease_token=held)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("here", JobState)
@pytest.mark.parametrize("to", JobState)
def test_a_job_moves_along_its_table_and_nowhere_else(here, to):
    job = job_in(here)
    changes = {"lease_token": uuid.uuid4() if to == JobState.RUNNING else None}
    if to in JOB_MOVES.get(here, ()):
        job.move(to, **changes)
        assert Job.objects.get(pk=job.pk).state == to
    else:
        with pytest.raises(IllegalMove):
            job.move(to, **changes)


@pytest.mark.parametrize("state", sorted(ENDED | {JobState.RUNNING}))
def test_only_a_queued_job_is_claimed(state):
    assert dispatch.claim(job_in(state).pk) is None

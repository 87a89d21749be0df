"""Screening in the life of a job: nothing is paid, and the author hears why."""

import pytest

from generation.lineage import prompts_before
from generation.models import OutputParent
from generation.states import JobState, Role
from tests.cameos.making import active_cameo
from tests.generation import invariants
from tests.generation.making import done_output, queued_job
from tests.generation.openai.making import asked, job_of
from tests.generation.screening.running import run
from tests.people import person, signed_in, with_key

pytestmark = [pytest.mark.xdist_group("engine"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _everything_adds_up():
    yield
    invariants.check()


def test_a_verdict_is_told_to_the_author_and_costs_nothing():
    author = person()
    job = run(queued_job(author, prompt="A kid, n u d e"))
    said = signed_in(author).get(f"/api/v1/jobs/{job.pk}/").json()
    account = signed_in(author).get("/api/v1/me/credits/").json()
    assert (said["state"], said["reason"], said["verdict"]["rule"]) == (
        "blocked",
        "minors",
        "minors",
    )
    assert [one["text"] for one in said["verdict"]["because"]] == ["kid", "n u d e"]
    assert said["verdict"]["suggestion"] != ""
    assert account["reserved"] == 0


def test_a_program_is_told_what_to_write_instead():
    program = with_key(person())
    video = asked(program, prompt="a nude child")
    run(job_of(video))
    said = program.get(f"/v1/videos/{video['id']}").json()
    assert said["error"]["code"] == "moderation_blocked"
    assert "Leave out what is sexual" in said["error"]["message"]


def test_a_job_that_is_not_stopped_has_no_verdict():
    job = queued_job(author := person())
    assert signed_in(author).get(f"/api/v1/jobs/{job.pk}/").json()["verdict"] is None


def test_the_whole_line_of_prompts_is_screened_and_those_of_others_are_not_quoted():
    maker = person()
    first = done_output(maker, prompt="the statue of a nude")
    second = done_output(maker, prompt="the statue dances", parents=[first])
    job = run(queued_job(maker, [active_cameo(maker)], prompt="now it smiles", parents=[second]))
    assert (job.state, job.reason) == (JobState.BLOCKED, "sexual_likeness")
    assert job.verdict["because"] == [{"group": "sexual", "layer": "words", "field": "earlier"}]


def test_prompts_come_nearest_first_and_a_circle_ends():
    maker = person()
    first = done_output(maker, prompt="one")
    second = done_output(maker, prompt="two", parents=[first])
    OutputParent.objects.create(child=first, parent=second, role=Role.REMIX)
    assert prompts_before(queued_job(maker, prompt="three", parents=[second])) == ("two", "one")

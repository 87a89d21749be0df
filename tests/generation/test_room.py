"""How many jobs somebody may have at once, by their plan and by their key."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from generation import services
from generation.errors import TooManyJobs
from generation.models import Job
from generation.plans import plan_of, plans, subscribe
from tests.generation.making import done_output, queued_job, submit
from tests.people import person
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rich(settings):
    settings.FREE_DAILY_CREDITS = 10_000


def fill(author, jobs, **fields):
    for _ in range(jobs):
        queued_job(author, **fields)


def test_a_plan_says_how_many_jobs_a_person_may_have_at_once():
    author = person()
    subscribe(author, "creator")
    fill(author, plans()["creator"].at_once - 1)
    submit(author, key="the last")
    with pytest.raises(TooManyJobs) as no:
        submit(author, key="one more")
    assert no.value.facts == {"at_most": 20}


def test_a_key_may_have_fewer_than_its_person():
    author = person()
    subscribe(author, "studio")
    fill(author, plans()["studio"].of_a_key, via="1")
    with pytest.raises(TooManyJobs) as no:
        submit(author, key="one more", via="1")
    assert no.value.facts == {"at_most": 100, "of": "key"}
    assert submit(author, key="by another", via="2").via == "2"
    assert submit(author, key="by hand").via == ""


def test_a_final_counts_for_the_key_or_app_that_asked_for_it():
    author = person()
    subscribe(author, "studio")
    fill(author, plans()["studio"].of_a_key, via="1")
    size = services.capabilities().sizes[0]
    preview = done_output(author, tier="preview", width=size[0], height=size[1])
    with pytest.raises(TooManyJobs):
        services.finalize(author, preview, key="one more", via="1")
    assert services.finalize(author, preview, key="by another", via="2").via == "2"


def test_a_plan_ends_when_it_says_and_the_later_begun_counts():
    author = person()
    subscribe(author, "studio", since=now() - timedelta(days=9))
    subscribe(author, "creator", since=now() - timedelta(days=5), until=now() + timedelta(days=1))
    subscribe(author, "free", since=now() + timedelta(days=1))
    assert plan_of(author.pk).name == "creator"


def test_nobody_is_given_a_plan_that_there_is_not():
    with pytest.raises(ValueError, match="no such plan: gold"):
        subscribe(person(), "gold")


@pytest.mark.django_db(transaction=True)
def test_of_many_submits_at_once_no_more_get_in_than_there_is_room_for(settings):
    author = person()
    services.credits(author)
    race(lambda number: submit(author, key=f"key-{number}"), range(12))
    assert Job.objects.by(author).count() == settings.JOBS_AT_ONCE

"""Fifty thousand renders of one key: refused at its cap, cheaply, and nothing of them is kept."""

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from generation.models import Job
from generation.plans import plans, subscribe
from tests.caches import forget
from tests.generation.making import queued_job
from tests.generation.openai.making import refused
from tests.people import person, with_key

pytestmark = pytest.mark.django_db
MORE, OF_ONE = 60, plans()["studio"].of_a_key  # of 50,000 so many: each is refused as the next

MOST_QUESTIONS = 12


@pytest.fixture
def full(settings):
    """A key of the largest plan that has as many jobs as it may."""
    forget()
    settings.FREE_DAILY_CREDITS = 100_000
    ada = person("ada")
    subscribe(ada, "studio")
    client = with_key(ada)
    for _ in range(OF_ONE):
        queued_job(ada, via=str(ada.api_keys.get().pk))
    return client


def rows():
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


def test_a_key_at_its_cap_is_refused_whatever_it_sends_and_nothing_is_kept(full):
    assert refused(ask(full, 0))[:2] == (429, "rate_limit_exceeded")  # notes the key's use
    kept, costs = rows(), set()
    for number in range(1, MORE):
        with CaptureQueriesContext(connection) as asked:
            answer = ask(full, number)
        assert refused(answer) == (429, "rate_limit_exceeded", None)
        costs.add(len([one for one in asked if not one["sql"].startswith("SAVEPOINT")]))
    assert rows() == kept
    assert Job.objects.count() == OF_ONE
    assert len(costs) == 1
    assert costs.pop() <= MOST_QUESTIONS


def ask(client, number):
    return client.post("/v1/videos", {"prompt": f"ball {number}"}, format="json")


def test_when_one_has_ended_there_is_room_for_one(full):
    job = Job.objects.first()
    Job.objects.filter(pk=job.pk).update(state="failed")
    assert ask(full, 1).status_code == 200
    assert ask(full, 2).status_code == 429


def test_with_an_idempotency_key_the_refusal_is_not_kept(full):
    wish = {"prompt": "a ball"}
    for _ in range(2):
        answer = full.post("/v1/videos", wish, format="json", headers={"Idempotency-Key": "k"})
        assert refused(answer)[:2] == (429, "rate_limit_exceeded")
        assert "Idempotent-Replayed" not in answer.headers

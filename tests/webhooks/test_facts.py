"""A fact becomes one event, and one delivery for each endpoint that listens."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from cameos.states import Surface, bits
from generation import dispatch
from sora_social import outbox
from sora_social.outbox import OutboxEvent
from sora_social.webhooks import services
from sora_social.webhooks.models import Delivery, Endpoint, Event
from tests.generation.making import queued_job
from tests.people import person
from tests.webhooks.making import listening, video_ended

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_finished_video_is_an_event_for_each_endpoint_that_listens():
    ada = person()
    one, other = listening(ada), listening(ada)
    listening(ada, types=("video.failed",))
    listening(person())
    job = video_ended(ada)
    event = Event.objects.get()
    assert (event.type, event.data) == ("video.completed", {"id": f"video_{UUID(job).hex}"})
    assert {delivery.endpoint for delivery in Delivery.objects.all()} == {one, other}


@pytest.mark.parametrize("state", ["failed", "blocked", "cancelled"])
def test_whatever_did_not_make_a_video_failed(state):
    ada = person()
    listening(ada)
    video_ended(ada, state)
    assert Event.objects.get().type == "video.failed"


def test_a_job_says_so_at_its_end():
    ada = person()
    listening(ada)
    job = queued_job(ada, surfaces=bits([Surface.API], Surface))
    in_the_app = queued_job(ada)
    for one in (job, in_the_app):
        dispatch.cancel(one.pk, "author")
    assert Event.objects.get().data == {"id": f"video_{job.pk.hex}"}


def test_what_a_moderator_has_to_look_at_has_not_come():
    ada = person()
    listening(ada)
    video_ended(ada, held=["an output"])
    video_ended(ada, held=[])
    types = Event.objects.order_by("pk").values_list("type", flat=True)
    assert sorted(types) == ["video.completed", "video.failed"]


def test_a_fact_told_twice_is_one_event():
    ada = person()
    listening(ada)
    job = video_ended(ada)
    OutboxEvent.objects.update(told_at=None)
    assert outbox.relay() == 1
    video_ended(ada, job=job)
    assert (Event.objects.count(), Delivery.objects.count()) == (1, 1)


def test_the_id_of_a_fact_is_made_from_the_fact():
    ada = person()
    listening(ada)
    job = video_ended(ada)
    before = Event.objects.get().pk
    Event.objects.all().delete()
    OutboxEvent.objects.update(told_at=None)
    outbox.relay()
    assert Event.objects.get().pk == before == services.event_id(f"job:{job}:done")


def test_what_was_rolled_back_is_no_fact():
    ada = person()
    listening(ada)
    with transaction.atomic():
        video_ended(ada)
        transaction.set_rollback(True)
    assert outbox.relay() == 0
    assert not Event.objects.exists()


def test_nothing_is_kept_when_nobody_listens():
    ada = person()
    endpoint = listening(ada)
    services.change(endpoint, enabled=False)
    video_ended(ada)
    with transaction.atomic():
        outbox.write("follow:1", ada.pk, "follow", by="bee")
    assert not Event.objects.exists()


def test_many_endpoints_cost_no_more_queries_than_few():
    few, many = person(), person()
    listening(few)
    for _ in range(6):
        listening(many)
    counted = []
    for owner in (few, many):
        with CaptureQueriesContext(connection) as queries:
            video_ended(owner)
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_facts_and_their_log_go_after_thirty_days():
    ada = person()
    listening(ada)
    video_ended(ada)
    kept = video_ended(ada)
    old = Event.objects.exclude(pk=services.event_id(f"job:{kept}:done"))
    old.update(made_at=now() - timedelta(days=31))
    assert (services.forget_old(), services.forget_old()) == (1, 0)
    assert (Event.objects.count(), Delivery.objects.count()) == (1, 1)


def test_a_person_takes_endpoints_along_without_secrets_and_leaves_nothing_behind():
    ada = person()
    listening(ada)
    video_ended(ada)
    ((name, told),) = services.personal_data(ada)
    assert (name, b"video.completed" in told, b"secret" in told) == ("webhooks.json", True, False)
    services.forget(ada)
    assert [found.objects.count() for found in (Endpoint, Event, Delivery)] == [0, 0, 0]

"""Deliveries leave, are tried again, and end."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.db.models.functions import Now

from sora_social.notifications.models import Notice
from sora_social.users.models import User
from sora_social.webhooks import sending, services
from sora_social.webhooks.errors import Disabled
from sora_social.webhooks.models import Delivery, Endpoint
from sora_social.webhooks.reaching import Answer
from tests.people import person
from tests.webhooks.making import let_pass, listening, video_ended
from tests.webhooks.receiving import answering, is_signed, receiving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loopback")]
HOUR = timedelta(hours=1)
BAD, GOOD = Answer(500, 3, "status"), Answer(204, 3)


def test_a_delivery_is_signed_and_says_the_fact():
    ada = person()
    with receiving() as receiver:
        _, secret = services.add(ada, "Mine", receiver.url, ["video.completed"])
        video_ended(ada)
        assert (sending.send_next(), sending.send_next()) == (True, False)
    (taken,), delivery = receiver.taken, Delivery.objects.get()
    assert is_signed(taken, secret)
    assert taken.said == {
        "id": delivery.event_id,
        "object": "event",
        "created_at": int(delivery.event.made_at.timestamp()),
        "type": "video.completed",
        "data": delivery.event.data,
    }
    assert taken.headers["webhook-id"] == delivery.event_id
    assert (delivery.state, delivery.attempts, delivery.response_code, delivery.error) == (
        *("delivered", 1, 200, ""),
    )


def test_a_receiver_that_answers_500_for_an_hour_hears_one_fact_under_one_id():
    ada = person()
    with receiving(answering(500)) as receiver:
        _, secret = services.add(ada, "Mine", receiver.url, ["video.completed"])
        video_ended(ada)
        gone_by, pauses = timedelta(), []
        while gone_by < HOUR:
            assert sending.send_next()
            pauses.append(pause := remaining())
            assert not sending.send_next()
            let_pass(pause)
            gone_by += pause
        receiver.behaviour = answering(200)
        assert sending.send_next()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("delivered", len(receiver.taken))
    assert 8 <= len(receiver.taken) <= 12
    assert all(later > earlier for earlier, later in pairwise(pauses))
    assert {taken.headers["webhook-id"] for taken in receiver.taken} == {delivery.event_id}
    assert len({taken.body for taken in receiver.taken}) == 1
    assert all(is_signed(taken, secret) for taken in receiver.taken)
    assert Endpoint.objects.get().failing_since is None


def test_after_a_day_of_failures_a_delivery_is_given_up():
    listening_to_nobody(ada := person())
    video_ended(ada)
    tries = 0
    while delivery := sending.claim():
        sending.note(delivery, BAD)
        tries += 1
        let_pass(remaining() + timedelta(seconds=1))
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error) == ("failed", "status")
    assert 15 <= tries <= 25


def test_pauses_double_up_to_three_hours_with_jitter():
    for attempts, pause in ((1, 5), (2, 10), (5, 80), (11, 5120), (12, 10240), (13, 10800)):
        seen = [sending.pause_after(attempts) for _ in range(50)]
        assert 0.8 * pause <= min(seen) < max(seen) <= 1.2 * pause
        assert len(set(seen)) > 40


def test_of_two_senders_one_claims():
    listening_to_nobody(ada := person())
    video_ended(ada)
    claimed, start = [], threading.Barrier(4)

    def claim():
        start.wait()
        claimed.append(sending.claim())
        connection.close()

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in claimed if one]) == 1


def test_a_lease_that_ran_out_is_taken_over_and_the_late_one_says_nothing():
    listening_to_nobody(ada := person())
    video_ended(ada)
    late = sending.claim()
    assert sending.claim() is None
    let_pass(sending.LEASE + timedelta(seconds=1))
    other = sending.claim()
    sending.note(late, BAD)
    assert Delivery.objects.get().error == ""
    sending.note(other, GOOD)
    assert (Delivery.objects.get().state, Delivery.objects.get().attempts) == ("delivered", 2)


def test_nobody_takes_all_senders():
    listening_to_nobody(ada := person())
    listening_to_nobody(bee := person())
    for _ in range(4):
        video_ended(ada)
    video_ended(bee)
    owners = [sending.claim().event.owner_id for _ in range(sending.AT_ONCE + 1)]
    assert owners == [ada.pk] * sending.AT_ONCE + [bee.pk]
    assert sending.claim() is None


def test_the_sweep_sends_without_waiting():
    ada, release = person(), threading.Event()

    def hold(connection):
        release.wait(5)
        answering(200)(connection)

    with receiving(hold) as receiver:
        listening(ada, receiver.url)
        video_ended(ada)
        sending.sweep()
        assert Delivery.objects.get().state == "pending"
        release.set()
        for thread in threading.enumerate():
            if thread.name == "webhooks":
                thread.join()
    assert Delivery.objects.get().state == "delivered"


def test_while_both_secrets_live_both_sign():
    ada = person()
    with receiving() as receiver:
        endpoint, old = services.add(ada, "Mine", receiver.url, ["video.completed"])
        _, new = services.rotate_secret(endpoint, keep_old=True)
        video_ended(ada)
        sending.send_next()
        Endpoint.objects.update(old_secret_until=Now())
        video_ended(ada)
        sending.send_next()
    both, one = receiver.taken
    assert [is_signed(both, old), is_signed(both, new)] == [True, True]
    assert [is_signed(one, old), is_signed(one, new)] == [False, True]


def test_a_replay_is_the_same_fact_again():
    ada = person()
    with receiving() as receiver:
        listening(ada, receiver.url)
        video_ended(ada)
        sending.send_next()
        delivery = services.replay(Delivery.objects.select_related("endpoint").get())
        assert (delivery.state, delivery.attempts, delivery.replays) == ("pending", 0, 1)
        assert sending.send_next()
    first, second = receiver.taken
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)


def test_what_is_being_sent_is_not_replayed():
    listening_to_nobody(ada := person())
    video_ended(ada)
    delivery = sending.claim()
    services.replay(delivery)
    assert (delivery.replays, sending.claim()) == (0, None)


def test_an_endpoint_that_failed_for_days_is_disabled_and_its_owner_told():
    listening_to_nobody(ada := person())
    video_ended(ada)
    sending.note(sending.claim(), BAD)
    let_pass(sending.FAILING_AT_MOST + HOUR)
    video_ended(ada)
    sending.note(sending.claim(), BAD)
    endpoint, notice = Endpoint.objects.get(), Notice.objects.get(kind="webhook_disabled")
    assert endpoint.disabled_at is not None
    assert (notice.user, notice.payload) == (
        *(ada, {"endpoint": endpoint.wire_id, "name": "Mine"}),
    )
    assert {delivery.state for delivery in Delivery.objects.all()} == {"failed"}
    with pytest.raises(Disabled):
        services.replay(Delivery.objects.select_related("endpoint").first())
    services.change(endpoint, enabled=True)
    assert services.replay(Delivery.objects.select_related("endpoint").first()).replays == 1


def test_one_success_forgives_all_failures_before():
    listening_to_nobody(ada := person())
    for answer in (BAD, GOOD, BAD):
        video_ended(ada)
        sending.note(sending.claim(), answer)
        let_pass(sending.FAILING_AT_MOST * 0.6)
        Delivery.objects.all().delete()
    assert Endpoint.objects.get().disabled_at is None


def test_one_that_says_it_is_gone_is_disabled_at_once():
    listening_to_nobody(ada := person())
    video_ended(ada)
    sending.note(sending.claim(), Answer(410, 3, "status"))
    assert Endpoint.objects.get().disabled_at is not None


def test_nothing_is_sent_for_somebody_who_is_suspended():
    listening_to_nobody(ada := person())
    video_ended(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert sending.claim() is None


def test_a_secret_that_cannot_be_opened_fails_and_stops_nobody(settings):
    listening_to_nobody(ada := person())
    video_ended(ada)
    settings.SECRET_KEY = "another key, without the one before among its fallbacks"
    assert sending.send_next()
    assert Delivery.objects.get().error == "secret_lost"


def listening_to_nobody(owner):
    """An endpoint for facts that these tests note the answers of themselves."""
    return listening(owner, "http://127.0.0.1:9/")


def remaining():
    """How long until the one delivery is due."""
    delivery = Delivery.objects.annotate(at=Now()).get()
    return max(delivery.due_at - delivery.at, timedelta())

import pytest
from django.db import transaction

from sora_social import outbox
from sora_social.notifications.models import Notice
from sora_social.outbox import OutboxEvent
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_is_told_after_the_commit_and_only_once():
    reader = person()
    with transaction.atomic():
        outbox.write("follow:1:2", reader.pk, "follow", by="ada")
        assert not Notice.objects.exists()
    outbox.write("follow:1:2", reader.pk, "follow", by="ada")
    assert outbox.relay() == 0
    assert [(n.kind, n.payload) for n in Notice.objects.all()] == [("follow", {"by": "ada"})]


def test_nothing_is_told_of_a_transaction_that_rolled_back():
    reader = person()
    with transaction.atomic():
        outbox.write("follow:1:3", reader.pk, "follow", by="ada")
        transaction.set_rollback(True)
    assert (OutboxEvent.objects.count(), Notice.objects.count()) == (0, 0)


def test_the_sweeper_tells_what_a_crash_left_untold():
    reader = person()
    OutboxEvent.objects.create(event_key="like:9", user_id=reader.pk, kind="like", payload={})
    assert (outbox.relay(), outbox.relay()) == (1, 0)
    assert Notice.objects.get().user == reader

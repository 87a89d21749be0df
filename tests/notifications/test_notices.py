from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from sora_social import outbox
from sora_social.notifications.models import Notice
from sora_social.notifications.services import NOTICE_KINDS, deliver
from sora_social.outbox import OutboxEvent
from sora_social.realtime import ticket_for
from sora_social.users import services
from sora_social.users.models import Device, User
from sora_social.users.tokens import issue
from tests.people import person, signed_in
from tests.sockets import Socket, in_a_loop

pytestmark = pytest.mark.django_db
NOTICES = "/api/v1/me/notices/"


@pytest.fixture
def tell(django_capture_on_commit_callbacks):
    def tell_now(user: User, kind: str = "like", key: str = "", **payload: str) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            outbox.write(key or str(uuid4()), user.pk, kind, **payload)

    return tell_now


def payloads(answer) -> list[dict]:
    assert answer.status_code == 200, answer.content
    return [item["payload"] for item in answer.json()["items"]]


@pytest.mark.parametrize("kind", sorted(NOTICE_KINDS))
def test_what_is_worth_keeping_is_in_the_mailbox(tell, kind):
    ada = person()
    tell(ada, kind, by="bee")
    (item,) = signed_in(ada).get(NOTICES).json()["items"]
    assert set(item) == {"id", "kind", "payload", "made_at", "read"}
    assert (item["kind"], item["payload"], item["read"]) == (kind, {"by": "bee"}, False)


def test_passing_news_is_not_kept(tell):
    tell(person(), "job")
    assert not Notice.objects.exists()
    assert not OutboxEvent.objects.filter(told_at=None).exists()


def test_one_event_key_is_one_notice_however_often_it_is_written_or_told(tell):
    ada = person()
    for _ in "123":
        tell(ada, key="like:1:2", by="bee")
    event = OutboxEvent.objects.get()
    deliver(event)
    OutboxEvent.objects.update(told_at=None)
    assert outbox.relay() == 1
    assert outbox.relay() == 0
    assert Notice.objects.count() == 1


def test_an_event_of_a_rolled_back_change_is_never_told():
    with transaction.atomic():
        outbox.write("never", person().pk, "like")
        transaction.set_rollback(True)
    assert outbox.relay() == 0
    assert not Notice.objects.exists()


def test_news_for_somebody_who_is_gone_is_dropped():
    outbox.write("late", 10**9, "like")
    assert outbox.relay() == 1
    assert not Notice.objects.exists()


def test_a_mailbox_is_ones_own_newest_first_in_pages(tell, django_assert_num_queries):
    ada, bee = person(), person()
    for number in range(5):
        tell(ada, n=str(number))
    tell(bee, n="not for ada")
    client = signed_in(ada)
    with django_assert_num_queries(2):  # the token, and the page
        first = client.get(NOTICES, {"limit": 3})
    assert payloads(first) == [{"n": "4"}, {"n": "3"}, {"n": "2"}]
    rest = client.get(NOTICES, {"limit": 3, "cursor": first.json()["next"]})
    assert payloads(rest) == [{"n": "1"}, {"n": "0"}]
    assert rest.json()["next"] is None


def test_reading_up_to_a_notice_reads_the_older_ones_and_no_others(tell):
    ada, bee = person(), person()
    for number in range(3):
        tell(ada, n=str(number))
        tell(bee)
    client = signed_in(ada)
    second = client.get(NOTICES).json()["items"][1]["id"]
    assert client.post(f"{NOTICES}read/", {"up_to": second}, format="json").status_code == 204
    assert [item["read"] for item in client.get(NOTICES).json()["items"]] == [False, True, True]
    assert not Notice.objects.filter(user=bee).exclude(read_at=None).exists()


@pytest.mark.parametrize("body", [{}, {"up_to": "x"}, {"up_to": None}])
def test_a_bad_mark_is_refused(body):
    answer = signed_in(person()).post(f"{NOTICES}read/", body, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["up_to"]


@pytest.mark.django_db(transaction=True)
@in_a_loop
async def test_signing_a_device_out_closes_its_socket_and_no_other():
    ada = await sync_to_async(person)()
    (phone, mine), (_, other) = [await _open(ada) for _ in "12"]
    await sync_to_async(services.sign_out)(phone)
    closed = await mine.hear()
    assert (closed["type"], closed["code"]) == ("websocket.close", 4401)
    await sync_to_async(outbox.write)("hello", ada.pk, "like", by="bee")
    assert await other.hear() == {"kind": "like", "payload": {"by": "bee"}}
    await other.leave()


@pytest.mark.django_db(transaction=True)
@in_a_loop
async def test_a_deleted_account_closes_every_socket():
    ada = await sync_to_async(person)()
    sockets = [(await _open(ada))[1] for _ in "12"]
    await sync_to_async(services.delete_account)(ada)
    assert [(await socket.hear())["type"] for socket in sockets] == ["websocket.close"] * 2


async def _open(user: User) -> tuple[Device, Socket]:
    device, _ = await sync_to_async(issue)(user)
    socket = Socket(f"ticket.{await sync_to_async(ticket_for)(user.pk, str(device.pk))}")
    assert (await socket.knock())["type"] == "websocket.accept"
    assert (await socket.hear())["kind"] == "hello"
    return device, socket

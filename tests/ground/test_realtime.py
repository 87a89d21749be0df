import threading

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.cache import cache

from sora_social import realtime
from tests.sockets import Socket, in_a_loop

pytestmark = pytest.mark.django_db  # Channels looks after connections that others left open


async def ticket_for(user_id: int, device: str = "d1") -> str:
    return await sync_to_async(realtime.ticket_for)(user_id, device)


async def opened(user_id: int, device: str = "d1") -> Socket:
    socket = Socket("sora.v1", f"ticket.{await ticket_for(user_id, device)}")
    assert (await socket.knock())["subprotocol"] == "sora.v1"
    assert await socket.hear() == {"kind": "hello", "payload": {}}
    return socket


def refusal(answer: dict) -> tuple[str, int | None]:
    return answer["type"], answer.get("code")


@in_a_loop
async def test_what_is_told_from_a_thread_arrives():
    socket = await opened(70001)
    threading.Thread(target=realtime.tell, args=(70001, "job"), kwargs={"id": "x"}).start()
    assert await socket.hear() == {"kind": "job", "payload": {"id": "x"}}
    await socket.leave()


@in_a_loop
async def test_nobody_hears_what_is_told_to_another():
    socket = await opened(70002)
    await sync_to_async(realtime.tell)(70003, "job", id="secret")
    await sync_to_async(realtime.tell)(70002, "job", id="mine")
    assert (await socket.hear())["payload"] == {"id": "mine"}
    await socket.leave()


@in_a_loop
async def test_a_ticket_opens_one_socket():
    ticket = await ticket_for(70004)
    first, second = Socket(f"ticket.{ticket}"), Socket(f"ticket.{ticket}")
    assert (await first.knock())["type"] == "websocket.accept"
    assert refusal(await second.knock()) == ("websocket.close", 4401)
    await first.leave()


@pytest.mark.parametrize("offered", [(), ("sora.v1",), ("ticket.forged",), ("ticket.",)])
def test_without_a_ticket_nothing_opens(offered):
    @async_to_sync
    async def knock() -> dict:
        return await Socket(*offered).knock()

    assert refusal(knock()) == ("websocket.close", 4401)


@in_a_loop
async def test_an_expired_ticket_opens_nothing():
    ticket = await ticket_for(70005)
    await sync_to_async(cache.delete)(f"ticket:{ticket}")  # as the cache does after 30 s
    assert refusal(await Socket(f"ticket.{ticket}").knock()) == ("websocket.close", 4401)


@pytest.mark.parametrize(
    ("origin", "answer"),
    [("https://sora.test", "websocket.accept"), ("https://evil.test", "websocket.close")],
)
def test_only_pages_of_this_site_may_open_a_socket(origin, answer):
    @async_to_sync
    async def knock() -> str:
        socket = Socket(f"ticket.{await ticket_for(70006)}", origin=origin)
        return (await socket.knock())["type"]

    assert knock() == answer


@in_a_loop
async def test_signing_a_device_out_closes_its_socket_and_no_other():
    one, two = await opened(70007, "d1"), await opened(70007, "d2")
    await sync_to_async(realtime.tell)(70007, "signed_out", device="d1")
    assert refusal(await one.hear()) == ("websocket.close", 4401)
    await two.say("ping")
    assert (await two.hear())["kind"] == "pong"
    await two.leave()


@in_a_loop
async def test_an_oversized_message_closes_the_socket():
    socket = await opened(70008)
    await socket.say("x" * 5000)
    assert refusal(await socket.hear()) == ("websocket.close", 1009)


def test_telling_nobody_is_silent():
    realtime.tell(79999, "job", id="x")

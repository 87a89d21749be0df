"""Webhook endpoints as OpenAI's clients speak of them."""

from uuid import uuid4

import pytest

from sora_social.users.models import User
from sora_social.webhooks import sending, services
from sora_social.webhooks.errors import TooManyEndpoints
from sora_social.webhooks.models import Delivery, Endpoint
from tests.people import person, with_key
from tests.racing import race
from tests.webhooks.making import PUBLIC, listening, video_ended
from tests.webhooks.receiving import answering, is_signed, receiving

pytestmark = pytest.mark.django_db(transaction=True)
ALL = "/v1/webhook_endpoints"
WISH = {"name": "Mine", "url": PUBLIC, "event_types": ["video.failed", "video.completed"]}


@pytest.fixture
def ada():
    return person("ada")


@pytest.fixture
def client(ada):
    return with_key(ada)


def test_an_endpoint_lives_as_the_contract_says(client):
    made = client.post(ALL, WISH, "json")
    one = f"{ALL}/{made.data['id']}"
    endpoint = Endpoint.objects.get()
    secret = made.data.pop("signing_secret")
    assert made.status_code == 200
    assert made.data == {
        "id": f"we_{endpoint.pk.hex}",
        "object": "webhook_endpoint",
        "name": "Mine",
        "url": PUBLIC,
        "event_types": ["video.completed", "video.failed"],
        "created_at": int(endpoint.made_at.timestamp()),
        "updated_at": int(endpoint.changed_at.timestamp()),
        "signing_secret_hint": secret[-4:],
        "enabled": True,
    }
    assert client.get(one).data == made.data
    assert client.get(ALL).data == {
        "object": "list",
        "data": [made.data],
        "first_id": made.data["id"],
        "last_id": made.data["id"],
        "has_more": False,
    }
    gone = {"id": made.data["id"], "object": "webhook_endpoint.deleted", "deleted": True}
    assert client.delete(one, content_type="application/json").data == gone
    assert client.delete(one).status_code == 404


def test_a_change_moves_the_time_and_what_is_so_already_does_not(client, ada):
    endpoint = listening(ada)
    one = f"{ALL}/{endpoint.wire_id}"
    same = {"name": "Mine", "url": PUBLIC, "event_types": endpoint.event_types[::-1]}
    client.post(one, same, "json")
    assert Endpoint.objects.get().changed_at == endpoint.changed_at
    changed = client.post(one, {"event_types": ["video.failed"]}, "json").data
    assert (changed["event_types"], changed["name"]) == (["video.failed"], "Mine")
    assert Endpoint.objects.get().changed_at > endpoint.changed_at


def test_disabling_ends_what_waits(client, ada):
    one = f"{ALL}/{listening(ada).wire_id}"
    video_ended(ada)
    assert client.post(one, {"enabled": False}, "json").data["enabled"] is False
    assert Delivery.objects.get().state == "failed"
    assert client.post(one, {"enabled": True}, "json").data["enabled"] is True


@pytest.mark.parametrize(
    ("wish", "param", "code"),
    [
        ({"name": None}, "name", "invalid_type"),
        ({"name": ""}, "name", "empty_string"),
        ({"name": 7}, "name", "invalid_type"),
        ({"name": "a\0b"}, "name", "invalid_value"),
        ({"name": "x" * 257}, "name", "string_above_max_length"),
        ({"url": ""}, "url", "empty_string"),
        ({"url": "http://example.com/"}, "url", "url_refused"),
        ({"url": "https://10.0.0.1/"}, "url", "url_refused"),
        ({"url": ["https://93.184.215.14/"]}, "url", "invalid_type"),
        ({"event_types": []}, "event_types", "empty_array"),
        ({"event_types": "video.completed"}, "event_types", "invalid_type"),
        ({"event_types": ["response.completed"]}, "event_types", "invalid_value"),
        ({"event_types": [{}]}, "event_types", "invalid_value"),
    ],
)
def test_a_wrong_wish_names_its_parameter(client, wish, param, code):
    refused = client.post(ALL, WISH | wish, "json")
    error = refused.json()["error"]
    assert (refused.status_code, error["param"], error["code"]) == (400, param, code)
    assert set(error) == {"message", "type", "param", "code"}
    assert not Endpoint.objects.exists()


def test_what_is_missing_is_named(client):
    for name in WISH:
        wish = {field: value for field, value in WISH.items() if field != name}
        error = client.post(ALL, wish, "json").json()["error"]
        assert (error["param"], error["code"]) == (name, "missing_required_parameter")


def test_what_is_no_json_is_refused_in_the_same_shape(client):
    refused = client.post(ALL, "{", content_type="application/json")
    assert (refused.status_code, set(refused.json())) == (400, {"error"})
    refused = client.post(ALL, "[1]", content_type="application/json")
    assert (refused.status_code, set(refused.json())) == (400, {"error"})


def test_any_accept_header_is_answered(client, ada):
    for accept in ("application/binary", "text/html", "application/json"):
        assert client.get(ALL, HTTP_ACCEPT=accept).status_code == 200


def test_without_a_key_there_is_an_error_object(client):
    client.credentials()
    refused = client.get(ALL)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")


def test_others_endpoints_are_not_there(ada):
    endpoint = listening(ada)
    video_ended(ada)
    one, delivery = f"{ALL}/{endpoint.wire_id}", Delivery.objects.get().wire_id
    stranger = with_key(person())
    answers = [
        stranger.get(one),
        stranger.post(one, {"name": "Ours"}, "json"),
        stranger.delete(one),
        stranger.post(f"{one}/rotate_secret"),
        stranger.post(f"{one}/test", {"event_type": "video.failed"}, "json"),
        stranger.get(f"{one}/deliveries"),
        stranger.get(f"{one}/deliveries/{delivery}"),
        stranger.post(f"{one}/deliveries/{delivery}/replay"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert stranger.get(ALL).data["data"] == []
    assert stranger.get(ALL, {"after": endpoint.wire_id}).status_code == 400


@pytest.mark.parametrize("name", ["we_", "we_7", "we_" + "g" * 32, "we_..%2Fx", "vid_" + "0" * 32])
def test_what_is_no_id_is_not_found(client, name):
    assert client.get(f"{ALL}/{name}").status_code == 404


def test_pages_go_on_after_an_id(client, ada):
    for _ in range(5):
        listening(ada)
    found, after = [], None
    while True:
        asked = {"limit": 2} | ({"after": after} if after else {})
        got = client.get(ALL, asked).data
        found += [endpoint["id"] for endpoint in got["data"]]
        after = got["last_id"]
        if not got["has_more"]:
            break
    newest_first = Endpoint.objects.order_by("-pk")
    assert found == [endpoint.wire_id for endpoint in newest_first]
    for limit in ("-1", "101", "x", ""):
        assert client.get(ALL, {"limit": limit}).json()["error"]["param"] == "limit"


def test_a_new_secret_is_shown_once(client, ada):
    endpoint, old = services.add(ada, "Mine", PUBLIC, ["video.failed"])
    wish = {"keep_old_secret_active_for_24_hours": True}
    rotated = client.post(f"{ALL}/{endpoint.wire_id}/rotate_secret", wish, "json").data
    new, kept = rotated["signing_secret"], Endpoint.objects.get()
    assert (kept.secrets(), rotated["signing_secret_hint"]) == ([new, old], new[-4:])
    rotated = client.post(f"{ALL}/{endpoint.wire_id}/rotate_secret").data
    assert Endpoint.objects.get().secrets() == [rotated["signing_secret"]]


def test_a_test_is_sent_at_once_and_tells_the_status(client, ada, loopback):
    with receiving(answering(418)) as receiver:
        endpoint, secret = services.add(ada, "Mine", receiver.url, ["video.failed"])
        one = f"{ALL}/{endpoint.wire_id}/test"
        told = client.post(one, {"event_type": "video.completed"}, "json")
    assert told.data == {
        "object": "webhook_endpoint.test",
        "success": True,
        "status_code": 418,
        "event_type": "video.completed",
        "webhook_endpoint_id": endpoint.wire_id,
    }
    (taken,) = receiver.taken
    assert (is_signed(taken, secret), taken.said["type"]) == (True, "video.completed")
    assert (Endpoint.objects.get().changed_at, Delivery.objects.count()) == (endpoint.changed_at, 0)


def test_a_test_that_reaches_nobody_says_why(client, ada, loopback, settings):
    endpoint = listening(ada, "http://127.0.0.1:9/")
    settings.WEBHOOKS_ALLOW_LOOPBACK = False
    one = f"{ALL}/{endpoint.wire_id}/test"
    refused = client.post(one, {"event_type": "video.failed"}, "json")
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, "endpoint_unreachable")
    assert "refused_scheme" in error["message"]


def test_tests_are_rationed(client, ada):
    one = f"{ALL}/we_{uuid4().hex}/test"
    answers = [client.post(one, {"event_type": "video.failed"}, "json") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [404] * 10 + [429]
    assert answers[-1].json()["error"]["code"] == "rate_limit_exceeded"
    assert int(answers[-1]["Retry-After"]) <= 61


def test_the_log_tells_of_every_delivery_and_replays_one(client, ada, loopback):
    with receiving(answering(500)) as receiver:
        endpoint = listening(ada, receiver.url)
        video_ended(ada)
        sending.send_next()
    log = f"{ALL}/{endpoint.wire_id}/deliveries"
    (delivery,) = client.get(log).data["data"]
    kept = Delivery.objects.get()
    assert delivery | {"latency_ms": 0, "attempted_at": 0, "next_attempt_at": 0} == {
        "id": kept.wire_id,
        "object": "webhook_delivery",
        "webhook_endpoint_id": endpoint.wire_id,
        "event_id": kept.event_id,
        "event_type": "video.completed",
        "data": kept.event.data,
        "status": "pending",
        "attempts": 1,
        "replays": 0,
        "status_code": 500,
        "latency_ms": 0,
        "error": "status",
        "created_at": int(kept.event.made_at.timestamp()),
        "attempted_at": 0,
        "next_attempt_at": 0,
    }
    assert delivery["next_attempt_at"] > delivery["attempted_at"]
    one = f"{log}/{delivery['id']}"
    assert client.get(one).data == delivery
    assert client.post(f"{one}/replay").data["replays"] == 1
    assert sending.claim() is not None


def test_a_page_of_the_log_costs_as_many_queries_as_one_row(
    client, ada, django_assert_max_num_queries
):
    endpoint = listening(ada)
    client.get(ALL)  # the first use of a key is noted
    counted = []
    for more in (1, 9):
        for _ in range(more):
            video_ended(ada)
        with django_assert_max_num_queries(20) as queries:
            client.get(f"{ALL}/{endpoint.wire_id}/deliveries")
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_there_are_twenty_endpoints_at_most_of_two_who_ask_at_once(ada):
    for _ in range(services.MOST - 1):
        listening(ada)
    let_in = race(lambda number: listening(ada), [1, 2, 3])
    assert (len(let_in), Endpoint.objects.count()) == (1, services.MOST)
    with pytest.raises(TooManyEndpoints):
        listening(User.objects.get(pk=ada.pk))


def test_of_two_who_delete_at_once_one_finds_it_gone(ada):
    endpoint = listening(ada)
    gone = race(lambda number: services.remove(endpoint), [1, 2, 3])
    assert (len(gone), Endpoint.objects.count()) == (1, 0)


def test_the_types_of_events_are_listed(client):
    told = client.get("/v1/webhook_event_types").data
    assert (told["object"], told["data"][:2]) == ("list", ["video.completed", "video.failed"])

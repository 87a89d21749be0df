"""Endpoints of apps: each hears of what it had made, sees its own alone, goes with its leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from generation import dispatch
from generation.models import Job
from sora_social.notifications.models import Notice
from sora_social.oauth import services as oauth
from sora_social.oauth.models import App, Authorization
from sora_social.users import keys
from sora_social.users import services as users
from sora_social.users.models import User
from sora_social.webhooks import sending, services
from sora_social.webhooks.errors import TooManyEndpoints
from sora_social.webhooks.models import Delivery, Endpoint
from sora_social.webhooks.reaching import Answer
from tests.oauth.asking import allowed, registered, renewed, token
from tests.people import person, signed_in, with_key
from tests.webhooks.making import PUBLIC, let_pass, video_ended

pytestmark = pytest.mark.django_db(transaction=True)
ALL = "/v1/webhook_endpoints"
WISH = {"name": "Studio's", "url": PUBLIC, "event_types": ["video.completed", "video.failed"]}
SCOPES = "videos:read videos:write webhooks"


@pytest.fixture
def ada() -> User:
    return person("ada")


def acting(who: User, app: App) -> APIClient:
    """The app with its access token for somebody."""
    return bearing(token(app, allowed(who, app, scope=SCOPES)).json()["access_token"])


def bearing(access: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def listening(client: APIClient) -> str:
    """A new endpoint's id."""
    made = client.post(ALL, WISH, "json")
    assert made.status_code == 200, made.content
    return made.data["id"]


def had_made(client: APIClient) -> None:
    """A video that was asked for by this client comes to an end."""
    asked = client.post("/v1/videos", {"prompt": "a red ball"}, "json")
    assert asked.status_code == 200, asked.content
    dispatch.cancel(Job.objects.get(pk=asked.data["id"].removeprefix("video_")).pk, "author")


def heard() -> dict[str, int]:
    """How many facts are on their way to each endpoint."""
    found = [delivery.endpoint.wire_id for delivery in Delivery.objects.select_related("endpoint")]
    return {endpoint: found.count(endpoint) for endpoint in found}


def test_an_app_hears_of_what_it_had_made_and_the_person_of_everything(ada):
    own, studio, other = with_key(ada), acting(ada, registered()), acting(ada, registered())
    mine, studios, others = listening(own), listening(studio), listening(other)
    stranger = listening(with_key(person()))
    for client, times in ((own, 1), (studio, 2), (other, 1)):
        for _ in range(times):
            had_made(client)
    assert heard() == {mine: 4, studios: 2, others: 1}
    assert stranger not in heard()


def test_an_app_hears_nothing_of_what_it_made_for_somebody_else(ada):
    app = registered()
    for_ada, for_bee = acting(ada, app), acting(person("bee"), app)
    listening(for_ada)
    had_made(for_bee)
    assert heard() == {}


def test_what_is_made_in_the_app_of_the_site_is_no_affair_of_others(ada):
    listening(acting(ada, registered()))
    video_ended(ada)
    assert heard() == {}


def test_it_goes_on_hearing_with_the_next_access_token(ada):
    app = registered()
    first = token(app, allowed(ada, app, scope=SCOPES)).json()
    endpoint = listening(bearing(first["access_token"]))
    again = bearing(renewed(app, first["refresh_token"]).json()["access_token"])
    had_made(again)
    assert heard() == {endpoint: 1}
    assert [one["id"] for one in again.get(ALL).data["data"]] == [endpoint]


def test_a_token_anew_is_no_room_anew(ada):
    app = registered()
    first = token(app, allowed(ada, app, scope=SCOPES)).json()
    again = renewed(app, first["refresh_token"]).json()
    for one in (first, again):
        asked = bearing(one["access_token"]).post("/v1/videos", {"prompt": "a ball"}, "json")
        assert asked.status_code == 200
    with_key(ada).post("/v1/videos", {"prompt": "a ball"}, "json")
    own = str(ada.api_keys.own().get().pk)
    leave = str(app.authorizations.get().pk)
    assert [*Job.objects.order_by("made_at").values_list("via", flat=True)] == [leave, leave, own]


def test_keys_of_one_app_are_none_of_another(ada):
    clients = [with_key(ada), acting(ada, registered()), acting(ada, registered())]
    named = {"headers": {"Idempotency-Key": "1"}}
    videos = [
        client.post("/v1/videos", {"prompt": "a ball"}, "json", **named).json()["id"]
        for client in clients * 2
    ]
    assert (len({*videos}), videos[:3]) == (3, videos[3:])


def test_nobody_sees_anothers_endpoints(ada):
    own, studio, other = with_key(ada), acting(ada, registered()), acting(ada, registered())
    made = {client: listening(client) for client in (own, studio, other)}
    for client, mine in made.items():
        assert [one["id"] for one in client.get(ALL).data["data"]] == [mine]
        for endpoint in {*made.values()} - {mine}:
            one = f"{ALL}/{endpoint}"
            answers = [
                client.get(one),
                client.post(one, {"name": "Ours"}, "json"),
                client.post(f"{one}/rotate_secret"),
                client.post(f"{one}/test", {"event_type": "video.failed"}, "json"),
                client.get(f"{one}/deliveries"),
                client.delete(one),
            ]
            assert {answer.status_code for answer in answers} == {404}
            assert client.get(ALL, {"after": endpoint}).status_code == 400
    assert Endpoint.objects.count() == 3


def ended_by_the_person(ada: User, app: App) -> None:
    leave = app.authorizations.get()
    signed_in(ada).delete(f"/api/v1/me/authorizations/{leave.pk}/")


def ended_by_reuse(ada: User, app: App) -> None:
    oauth.end(app.authorizations.get())


def deleted(ada: User, app: App) -> None:
    app.delete()


def suspended(ada: User, app: App) -> None:
    users.suspend(app.owner)


@pytest.mark.parametrize("end", [ended_by_the_person, ended_by_reuse, deleted, suspended])
def test_with_its_leave_goes_what_it_would_hear(ada, end):
    app, own = registered(), with_key(ada)
    studio = acting(ada, app)
    mine, _ = listening(own), listening(studio)
    had_made(studio)
    end(ada, app)
    assert [sending.claim().endpoint.wire_id, sending.claim()] == [mine, None]
    had_made(own)
    assert heard()[mine] == 2
    assert sum(heard().values()) == (2 if end is deleted else 3)  # the one from before waits


def test_what_is_left_of_it_is_cleared_away(ada):
    app = registered()
    studio = acting(ada, app)
    listening(studio)
    had_made(studio)
    services.forget_old()
    assert Endpoint.objects.count() == 1
    oauth.end(Authorization.objects.get())
    services.forget_old()
    assert (Endpoint.objects.count(), Delivery.objects.count()) == (0, 0)


def test_a_key_that_is_revoked_leaves_its_persons_endpoints(ada):
    own = with_key(ada)
    mine = listening(own)
    keys.revoke(ada.api_keys.get())
    had_made(with_key(ada))
    assert heard() == {mine: 1}


def test_an_app_counts_apart_and_takes_no_place_of_a_persons(ada):
    leave = Authorization.objects.create(app=registered(), user=ada, scopes=["webhooks"])
    for app in (leave.pk, None):
        for _ in range(services.MOST):
            services.add(ada, "x", PUBLIC, ["video.failed"], app)
        with pytest.raises(TooManyEndpoints):
            services.add(ada, "x", PUBLIC, ["video.failed"], app)


def test_a_slow_app_holds_up_neither_the_person_nor_another(ada):
    studio, own = acting(ada, registered()), with_key(ada)
    slow = listening(studio)
    for _ in range(sending.AT_ONCE + 1):
        had_made(studio)
    taken = [sending.claim().endpoint.wire_id for _ in range(sending.AT_ONCE)]
    assert taken == [slow] * sending.AT_ONCE
    assert sending.claim() is None
    mine = listening(own)
    had_made(own)
    assert sending.claim().endpoint.wire_id == mine


def test_an_apps_endpoint_that_fails_is_its_own_affair(ada, loopback):
    studio = acting(ada, registered())
    one = f"{ALL}/{listening(studio)}"
    had_made(studio)
    sending.note(sending.claim(), Answer(410, 3, "status"))
    assert studio.get(one).data["enabled"] is False
    assert not Notice.objects.filter(kind="webhook_disabled").exists()


def test_facts_of_a_leave_that_ended_are_not_tried_again(ada):
    studio = acting(ada, registered())
    listening(studio)
    had_made(studio)
    sending.note(sending.claim(), Answer(500, 3, "status"))
    oauth.end(Authorization.objects.get())
    let_pass(timedelta(hours=1))
    assert sending.claim() is None

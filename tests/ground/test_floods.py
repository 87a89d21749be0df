"""How often somebody may ask, by their plan, and that every answer says what is left."""

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now
from rest_framework.test import APIClient

from generation.plans import plans, subscribe
from sora_social.floods import PerPerson
from tests.caches import forget
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db
NOON = "2026-11-20T12:00:00Z"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    forget()
    monkeypatch.setattr(PerPerson, "timer", staticmethod(lambda: now().timestamp()))
    monkeypatch.setattr(PerPerson, "THROTTLE_RATES", {"person": "2/min"})
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


def left(response):
    names = ("Limit", "Remaining", "Reset")
    return tuple(int(response.headers[f"X-RateLimit-{name}"]) for name in names)


def test_every_answer_says_what_is_left(clock):
    phone = signed_in(person())
    assert left(phone.get("/api/v1/me/credits/")) == (2, 1, 60)
    clock.shift(timedelta(seconds=20))
    assert left(phone.get("/api/v1/me/credits/")) == (2, 0, 60)


def test_who_asks_too_often_hears_when_to_come_back(clock):
    phone = signed_in(person())
    for _ in range(2):
        phone.get("/api/v1/me/credits/")
    refused = phone.get("/api/v1/me/credits/")
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert (left(refused), 0 < int(refused.headers["Retry-After"]) <= 61) == ((2, 0, 60), True)
    clock.shift(timedelta(seconds=61))
    assert phone.get("/api/v1/me/credits/").status_code == 200


def test_a_plan_lets_its_people_ask_more_and_as_soon_as_it_is_given():
    someone = person()
    phone = signed_in(someone)
    assert left(phone.get("/api/v1/me/credits/"))[0] == 2
    subscribe(someone, "studio")
    assert left(phone.get("/api/v1/me/credits/"))[0] == plans()["studio"].requests


def test_a_plan_that_has_ended_lets_nobody_ask_more(clock):
    someone = person()
    phone = signed_in(someone)
    subscribe(someone, "studio", until=now() + timedelta(minutes=5))
    assert left(phone.get("/api/v1/me/credits/"))[0] == plans()["studio"].requests
    clock.shift(timedelta(minutes=6))
    assert left(phone.get("/api/v1/me/credits/"))[0] == 2


def test_without_a_person_the_address_counts():
    answers = [APIClient().get("/api/v1/moderation/audit-head/") for _ in range(3)]
    assert [answer.status_code for answer in answers][-1] == 429

"""The statement of credits adds up, page after page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from generation import dispatch
from generation.models import Account
from tests.generation.making import done_output, queued_job
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db
STATEMENT = "/api/v1/me/credits/statement/"


def test_every_movement_says_what_was_left_after_it():
    ada = person()
    done_output(ada)
    cancelled = queued_job(ada, cost=4)
    dispatch.cancel(cancelled.pk, "author")
    done_output(person())
    found = signed_in(ada).get(STATEMENT).json()["items"]
    assert [(line["kind"], line["change"], line["left"]) for line in found] == [
        ("release", 4, 29),
        ("reserve", -4, 25),
        ("settle", 0, 29),
        ("reserve", -1, 29),
        ("grant", 30, 30),
    ]
    assert [line["job"] for line in found[:2]] == [str(cancelled.pk)] * 2
    assert found[0]["left"] == Account.objects.get(user=ada).available


def test_pages_go_on_where_the_one_before_ended_and_cost_the_same():
    ada = person()
    for _ in range(4):
        done_output(ada)
    client, found, counts = signed_in(ada), [], set()
    whole, query = client.get(STATEMENT).json()["items"], {"limit": 3}
    while True:
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(STATEMENT, query).json()
        counts.add(len(asked))
        found += answer["items"]
        if answer["next"] is None:
            break
        query["cursor"] = answer["next"]
    assert (found, len(counts)) == (whole, 1)


def test_a_cursor_of_somebody_else_is_none_of_mine():
    ada, bee = person(), person()
    for someone in (ada, bee):
        done_output(someone)
    cursor = signed_in(bee).get(STATEMENT, {"limit": 1}).json()["next"]
    assert signed_in(ada).get(STATEMENT, {"cursor": cursor}).status_code == 400

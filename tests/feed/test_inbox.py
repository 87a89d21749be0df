"""The inbox of whose likeness it is: what holds it, who made it, what was tried in vain."""

from __future__ import annotations

import pytest

from cameos.models import Audience, GateRecord
from cameos.services import consent_for, refused
from cameos.states import Basis, Gate, Rule
from generation.models import Output
from generation.services import discard_likeness
from tests.cameos.making import active_cameo
from tests.feed.making import posted
from tests.generation.making import done_output
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def subject():
    return person("subject")


@pytest.fixture
def cameo(subject):
    return active_cameo(subject, Audience.EVERYONE)


def read(someone, path):
    answer = signed_in(someone).get(f"/api/v1/me/{path}/")
    assert answer.status_code == 200
    return answer.json()["items"]


def test_the_inbox_says_who_made_what_on_which_leave_and_where_it_stands(subject, cameo):
    author = person("author")
    post = posted(author, cameos=[cameo])
    draft = done_output(author, [cameo])
    newest, oldest = read(subject, "likeness-uses")
    leave = consent_for(author, cameo)
    stood = {
        "cameo": cameo.handle,
        "leave": str(leave.pk),
        "basis": Basis.EVERYONE,
        "revision": cameo.revision,
    }
    assert (newest["id"], newest["post"], newest["stood_on"]) == (str(draft.pk), None, [stood])
    assert newest["author"]["handle"] == "author"
    assert oldest["id"] == str(post.output_id)
    assert (oldest["post"]["id"], oldest["post"]["state"]) == (str(post.pk), "live")


def test_what_stood_on_somebody_elses_leave_is_not_told(subject, cameo):
    other = active_cameo(person("other"), Audience.EVERYONE)
    done_output(person("author"), [cameo, other])
    (found,) = read(subject, "likeness-uses")
    assert [stood["cameo"] for stood in found["stood_on"]] == [cameo.handle]


def test_makers_are_counted_and_whoever_was_refused_most_comes_first(subject, cameo):
    author, hunter = person("author"), person("hunter")
    posted(author, cameos=[cameo])
    done_output(author, [cameo])
    for _ in range(3):
        refused(Gate.SUBMIT, hunter, cameo.handle, Rule.PERSON)
    refused(Gate.SUBMIT, author, cameo.handle, Rule.CONTEXT)
    found = read(subject, "likeness-makers")
    assert [(one["handle"], one["made"], one["posted"], one["refused"]) for one in found] == [
        ("hunter", 0, 0, 3),
        ("author", 2, 1, 1),
    ]
    last = GateRecord.objects.refused().filter(person=hunter).latest("at").at
    assert found[0]["refused_at"] == last.isoformat().replace("+00:00", "Z")


def test_makers_come_page_by_page(subject, cameo):
    for n in range(3):
        refused(Gate.SUBMIT, person(f"hunter{n}"), cameo.handle, Rule.PERSON)
    phone, seen, path = signed_in(subject), [], "/api/v1/me/likeness-makers/?limit=2"
    page = phone.get(path).json()
    seen += page["items"]
    page = phone.get(f"{path}&cursor={page['next']}").json()
    seen += page["items"]
    assert ([one["handle"] for one in seen], page["next"]) == (
        ["hunter0", "hunter1", "hunter2"],
        None,
    )


def test_attempts_are_told_to_whose_likeness_it_is_and_nobody_else(subject, cameo):
    hunter = person("hunter")
    refused(Gate.PUBLISH, hunter, cameo.handle, Rule.SURFACE)
    (found,) = read(subject, "likeness-attempts")
    assert (found["person"]["handle"], found["cameo"]) == ("hunter", cameo.handle)
    assert (found["gate"], found["rule"]) == ("publish", "surface")
    assert (read(hunter, "likeness-attempts"), read(hunter, "likeness-makers")) == ([], [])


def test_ones_own_videos_and_attempts_are_no_makers(subject, cameo):
    done_output(subject, [cameo])
    refused(Gate.SUBMIT, subject, cameo.handle, Rule.CONTEXT)
    assert (read(subject, "likeness-makers"), read(subject, "likeness-attempts")) == ([], [])


def test_a_deleted_video_is_no_longer_counted(subject, cameo):
    output = done_output(person("author"), [cameo])
    discard_likeness(subject, Output.objects.get(pk=output.pk))
    assert (read(subject, "likeness-uses"), read(subject, "likeness-makers")) == ([], [])


def test_a_page_costs_the_same_whatever_its_length(
    subject, cameo, django_assert_max_num_queries, django_assert_num_queries
):
    for n in range(6):
        done_output(person(f"author{n}"), [cameo])
    phone = signed_in(subject)
    with django_assert_max_num_queries(9):
        assert len(phone.get("/api/v1/me/likeness-uses/").json()["items"]) == 6
    with django_assert_max_num_queries(5):
        assert len(phone.get("/api/v1/me/likeness-makers/").json()["items"]) == 6

"""Leaves over HTTP: asked for, given, listed, taken back, and not there for others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from cameos import services
from cameos.models import Consent
from cameos.states import Audience
from sora_social.users import services as users
from tests.cameos.making import active_cameo, cameo_in
from tests.cameos.test_api import API, refused
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db


def test_leave_by_handle_or_id_granted_listed_and_taken_back():
    ada, bob = person("ada"), person("bob")
    cameo = active_cameo(ada)
    owner, friend = signed_in(ada), signed_in(bob)
    asked = friend.post(f"{API}cameos/ada/requests/", {"message": "Please?"}, format="json")
    assert (asked.status_code, asked.data["state"], asked.data["live"]) == (201, "requested", False)
    again = friend.post(f"{API}cameos/{cameo.pk}/requests/", {}, format="json")
    assert refused(again) == (409, "already_asked", [])

    where = f"{API}consents/{asked.data['id']}/"
    granted = owner.post(where + "grant/", {}, format="json").json()
    assert (granted["state"], granted["live"]) == ("granted", True)
    assert granted["cameo"]["handle"] == granted["owner"]["handle"] == "ada"
    for phone, side in ((owner, "given"), (friend, "received")):
        rows = phone.get(f"{API}consents/", {"side": side, "state": "granted"}).json()["items"]
        assert [(row["id"], row["requester"]["handle"]) for row in rows] == [
            (asked.data["id"], "bob")
        ]
    assert owner.get(f"{API}consents/", {"side": "received"}).json()["items"] == []
    services.pause(cameo)
    assert friend.get(f"{API}consents/?side=received").json()["items"][0]["live"] is False
    taken = owner.post(where + "revocation/").json()
    assert (taken["state"], taken["live"]) == ("revoked", False)


def test_leaves_of_other_people_are_not_there():
    cameo, bob = active_cameo(person()), person()
    leave = services.request_leave(bob, cameo)
    for who in (bob, person()):  # not even who asked may say yes
        for verb in ("grant", "decline"):
            answer = signed_in(who).post(f"{API}consents/{leave.pk}/{verb}/")
            assert refused(answer) == (404, "not_found", [])
    answer = signed_in(person()).post(f"{API}consents/{leave.pk}/revocation/")
    assert refused(answer) == (404, "not_found", [])
    assert Consent.objects.get(pk=leave.pk).state == "requested"


def test_requests_for_what_one_may_not_know_are_not_there():
    bob = person()
    paused, blocked = cameo_in("paused", person()), active_cameo(person())
    users.block(blocked.owner, bob)
    for which in (paused.handle, str(paused.pk), blocked.handle, "nobody", "x" * 500, "a\x00"):
        answer = signed_in(bob).post(f"{API}cameos/{which}/requests/", {}, format="json")
        assert refused(answer) == (404, "not_found", [])


def test_a_grant_in_the_past_or_for_a_closed_cameo_is_refused():
    cameo = active_cameo(person())
    leave = services.request_leave(person(), cameo)
    owner, where = signed_in(cameo.owner), f"{API}consents/{leave.pk}/grant/"
    past = {"expires_at": (now() - timedelta(days=1)).isoformat()}
    assert refused(owner.post(where, past, format="json")) == (400, "in_the_past", ["expires_at"])
    never = owner.post(where, {"expires_at": "never"}, format="json")
    assert refused(never) == (400, "invalid", ["expires_at"])
    services.set_terms(cameo, audience=Audience.ONLY_ME)
    closed = owner.post(where, {}, format="json")
    assert refused(closed) == (409, "audience_too_narrow", ["audience"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"side": "both"}, "side"),
        ({"state": "wild"}, "state"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "100000000000000000000"}, "limit"),
        ({"cursor": "forged"}, "cursor"),
    ],
)
def test_bad_questions_name_their_field(query, field):
    answer = signed_in(person()).get(f"{API}consents/", query)
    assert refused(answer) == (400, "invalid", [field])


def test_pages_follow_one_another_newest_first():
    cameo = active_cameo(person())
    leaves = [services.request_leave(person(), cameo) for _ in range(5)]
    phone, seen, cursor = signed_in(cameo.owner), [], ""
    while cursor is not None:
        page = phone.get(f"{API}consents/", {"limit": 2} | ({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in page.json()["items"]]
        cursor = page.json()["next"]
    assert seen == sorted((str(leave.pk) for leave in leaves), reverse=True)

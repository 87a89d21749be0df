"""Cameos over HTTP: who sees what, bad input, and how often the database is asked."""

from __future__ import annotations

import io
import json
import uuid

import pytest
from django.utils.timezone import now

from cameos import services
from cameos.models import Cameo
from cameos.states import Audience, Context
from sora_social.uploads import CLIP
from sora_social.users import services as users
from tests.cameos.making import active_cameo, cameo_in, draft_cameo
from tests.people import person, signed_in, teen

pytestmark = pytest.mark.django_db
API = "/api/v1/"


def refused(answer) -> tuple[int, str, list[str]]:
    """Status, code, and the fields that a refusal names."""
    shape = json.loads(answer.content)
    assert sorted(shape) == ["code", "facts", "fields", "message", "request_id"]
    return answer.status_code, shape["code"], sorted(shape["fields"])


# --- one's own ---


def test_nobody_gets_in_without_a_token(client):
    cameo = active_cameo(person())
    for path in ("cameos/", f"cameos/{cameo.pk}/", "cameos/usable/", "consents/"):
        assert client.get(API + path).status_code == 401


def test_a_cameo_as_its_owner_sees_it():
    ada = person("ada")
    cameo = active_cameo(ada)
    shown = signed_in(ada).get(f"{API}cameos/{cameo.pk}/").json()
    assert shown == {
        "id": str(cameo.pk),
        "handle": "ada",
        "display_name": "",
        "state": "active",
        "audience": "approved",
        "remix": "everyone",
        "contexts": list(Context),
        "surfaces": ["followers", "public", "api"],
        "alteration": True,
        "voice": True,
        "instructions": "",
        "safety": "",
        "expires_at": None,
        "closed_at": None,
        "frozen_at": None,
        "revision": 1,
        "protects_only": False,
        "verified_at": shown["verified_at"],
        "lapses_at": shown["lapses_at"],
        "made_at": shown["made_at"],
        "reason": "",
        "refusals": [],
    }
    assert [row["id"] for row in signed_in(ada).get(f"{API}cameos/").json()["items"]] == [
        str(cameo.pk)
    ]


def test_changing_pausing_resuming_revoking():
    cameo = active_cameo(person())
    phone, where = signed_in(cameo.owner), f"{API}cameos/{cameo.pk}/"
    changed = phone.patch(where, {"display_name": "A", "audience": "mutuals"}, format="json")
    assert (changed.data["display_name"], changed.data["audience"]) == ("A", "mutuals")
    assert phone.post(where + "pause/").data["state"] == "paused"
    assert refused(phone.post(where + "pause/")) == (409, "illegal_move", [])
    assert phone.post(where + "resumption/").data["state"] == "active"
    assert phone.delete(where).status_code == 204
    assert phone.get(where).status_code == 404
    assert phone.get(f"{API}cameos/").json()["items"] == []


def test_what_is_somebody_elses_is_not_there():
    """Every path of a cameo and of its pictures, for another person who may even use it."""
    cameo, other = active_cameo(person(), Audience.EVERYONE), signed_in(person())
    where = f"{API}cameos/{cameo.pk}/"
    answers = [
        other.get(where),
        other.patch(where, {"audience": "only_me"}, format="json"),
        other.delete(where),
        other.post(where + "challenges/"),
        other.post(where + "captures/", {"nonce": "n"}, format="multipart"),
        other.post(where + "pause/"),
        other.post(where + "resumption/"),
        other.get(where + "references/"),
        other.get(where + "references/0/"),
    ]
    assert [refused(answer) for answer in answers] == [(404, "not_found", [])] * len(answers)
    assert Cameo.objects.get(pk=cameo.pk).state == "active"


def test_a_teen_opens_no_cameo():
    answer = signed_in(teen()).post(f"{API}cameos/", {}, format="json")
    assert refused(answer) == (403, "adults_only", [])


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"handle": "Not a handle!"}, "handle"),
        ({"handle": "a\x00b"}, "handle"),
        ({"handle": "x" * 25}, "handle"),
        ({"display_name": "x" * 61}, "display_name"),
        ({"display_name": "bell \x07"}, "display_name"),
        ({"display_name": "null \x00"}, "display_name"),
        ({"display_name": "\ud800"}, "display_name"),
        ({"display_name": ["list"]}, "display_name"),
        (["no", "object"], "non_field_errors"),
    ],
)
def test_bad_input_names_its_field(sent, field):
    body = json.dumps(sent)
    answer = signed_in(person()).post(f"{API}cameos/", body, content_type="application/json")
    assert refused(answer) == (400, "invalid", [field])


def test_an_unknown_audience_is_refused():
    cameo = active_cameo(person())
    answer = signed_in(cameo.owner).patch(
        f"{API}cameos/{cameo.pk}/", {"audience": "aliens"}, format="json"
    )
    assert refused(answer) == (400, "invalid", ["audience"])


# --- capture ---


def upload(cameo: Cameo, **sent):
    where = f"{API}cameos/{cameo.pk}/captures/"
    return signed_in(cameo.owner).post(where, sent, format="multipart")


@pytest.mark.usefixtures("pack")
def test_refusals_of_a_capture_name_field_and_rule():
    cameo = draft_cameo(person())
    nonce = services.challenge(cameo).nonce
    text, nothing = io.BytesIO(b"dear diary"), io.BytesIO(b"")
    assert refused(upload(cameo)) == (400, "invalid", ["clip", "nonce"])
    assert refused(upload(cameo, nonce=nonce, clip=nothing)) == (400, "invalid", ["clip"])
    assert refused(upload(cameo, nonce="x", clip=text)) == (400, "challenge_unknown", ["nonce"])
    text.seek(0)
    answer = upload(cameo, nonce=nonce, clip=text)
    assert refused(answer) == (400, "upload_refused", ["clip"])
    assert answer.json()["facts"]["rule"] == "not_a_video"


def test_a_body_that_is_too_long_is_turned_away_unread():
    cameo = draft_cameo(person())
    answer = signed_in(cameo.owner).generic(
        "POST",
        f"{API}cameos/{cameo.pk}/captures/",
        b"--b\r\n",
        content_type="multipart/form-data; boundary=b",
        CONTENT_LENGTH=str(CLIP.bytes * 2),
    )
    assert refused(answer) == (400, "upload_refused", ["clip"])
    assert answer.json()["facts"]["rule"] == "too_large"


@pytest.mark.usefixtures("pack")
def test_a_lock_says_when_it_opens(settings):
    cameo = draft_cameo(person())
    for _ in range(settings.CAPTURE_ATTEMPTS):
        cameo.challenges.create(
            nonce=uuid.uuid4(), turns=[], digits="123", expires_at=now(), used_at=now()
        )
    answer = signed_in(cameo.owner).post(f"{API}cameos/{cameo.pk}/challenges/")
    assert refused(answer) == (429, "capture_locked", [])
    assert answer.json()["facts"]["retry_after"] > 0


# --- other people's cameos ---


def test_search_finds_by_handle_and_name_what_one_may_ask_for():
    ada, bob = person("adalind"), person()
    cameo = active_cameo(ada, display_name="Countess")
    cameo_in("paused", person("adamant"))
    blocked = active_cameo(person("adagio"))
    users.block(blocked.owner, bob)
    phone = signed_in(bob)
    for q in ("ada", "@Ada", "count"):
        found = phone.get(f"{API}cameos/search/", {"q": q}).json()["items"]
        assert [row["handle"] for row in found] == ["adalind"]
    assert found == [
        {
            "id": str(cameo.pk),
            "handle": "adalind",
            "display_name": "Countess",
            "owner": {"handle": "adalind", "display_name": ""},
            "usable": False,
        }
    ]
    assert refused(phone.get(f"{API}cameos/search/")) == (400, "invalid", ["q"])
    assert phone.get(f"{API}cameos/search/", {"q": "%_"}).json()["items"] == []


def test_usable_lists_what_may_be_used_now():
    friend = person()
    open_, closed = active_cameo(person(), Audience.EVERYONE), active_cameo(person())
    phone = signed_in(friend)
    listed = phone.get(f"{API}cameos/usable/").json()["items"]
    assert [(row["id"], row["usable"]) for row in listed] == [(str(open_.pk), True)]
    services.grant(services.request_leave(friend, closed), closed.owner)
    services.pause(open_)
    listed = phone.get(f"{API}cameos/usable/").json()["items"]
    assert [row["id"] for row in listed] == [str(closed.pk)]


# --- how often the database is asked ---


def test_lists_ask_the_same_number_of_times_whatever_their_length(django_assert_max_num_queries):
    ada, bob = person(), person()
    cameo = active_cameo(ada)
    phones = {signed_in(ada): "consents/", signed_in(bob): "cameos/usable/"}
    for phone, path in phones.items():
        phone.get(API + path)  # the first use of a token is written down
    for _ in range(8):
        services.request_leave(person(), cameo)
        active_cameo(person(), Audience.EVERYONE)
    for phone, path in phones.items():
        with django_assert_max_num_queries(2):  # the token and its person, the list
            assert len(phone.get(API + path).json()["items"]) == 8


# --- terms ---


def test_owners_set_the_terms_and_read_them_back():
    ada = person("ada")
    cameo = active_cameo(ada)
    terms = {
        "remix": "mutuals",
        "contexts": ["romance", "comedy"],
        "surfaces": [],
        "alteration": False,
        "instructions": "wears a hat",
        "safety": "no dogs",
        "expires_at": "2099-01-01T00:00:00Z",
    }
    answer = signed_in(ada).patch(f"{API}cameos/{cameo.pk}/", terms, format="json").json()
    assert answer == answer | terms | {"contexts": ["comedy", "romance"], "revision": 2}


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"contexts": ["nothing"]}, "contexts"),
        ({"surfaces": "public"}, "surfaces"),
        ({"audience": "friends"}, "audience"),
        ({"safety": "x" * 501}, "safety"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_terms_without_sense_name_their_field_and_change_nothing(terms, field):
    ada = person("ada")
    cameo = active_cameo(ada)
    answer = signed_in(ada).patch(f"{API}cameos/{cameo.pk}/", terms, format="json")
    assert (answer.status_code, refused(answer)[2]) == (400, [field])
    cameo.refresh_from_db()
    assert cameo.revision == 1


def test_lists_are_the_owners_alone():
    ada, bob = person("ada"), person("bob")
    cameo = active_cameo(ada)
    path = f"{API}cameos/{cameo.pk}/listings/"
    assert signed_in(bob).put(f"{path}bob/", {"allowed": True}, format="json").status_code == 404
    assert signed_in(ada).put(f"{path}bob/", {"allowed": True}, format="json").status_code == 200
    listed = signed_in(ada).get(path).json()["items"]
    assert [(one["person"]["handle"], one["allowed"]) for one in listed] == [("bob", True)]
    assert signed_in(ada).delete(f"{path}bob/").status_code == 204
    assert signed_in(ada).get(path).json()["items"] == []
    assert signed_in(ada).delete(f"{path}bob/").status_code == 404

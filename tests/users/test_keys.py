"""API keys: shown once, kept as a hash, rotated with an overlap, revoked at once."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from rest_framework.test import APIClient
from time_machine import travel

from sora_social.audit import AuditRecord
from sora_social.users import keys, services
from sora_social.users.errors import KeyRotated, TooManyKeys
from sora_social.users.models import ApiKey
from sora_social.users.scopes import Scope
from tests.people import person, signed_in
from tests.racing import race
from tests.users.entering import enter

pytestmark = pytest.mark.django_db
KEYS = "/api/v1/me/keys/"


def made(client, **wish) -> dict:
    answer = client.post(KEYS, wish, "json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_key_is_shown_once_and_kept_as_a_hash():
    client = signed_in(person("ada"))
    new = made(client, name="studio", scopes=["videos:write", "videos:read", "videos:read"])
    token = new.pop("key")
    kept = ApiKey.objects.get()
    assert token.startswith("sk-sora-")
    assert len(token) == 51
    assert kept.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert client.get(KEYS).json() == {"items": [new], "next": None}
    assert (new["scopes"], new["last_four"]) == (["videos:read", "videos:write"], token[-4:])
    assert token not in json.dumps([*ApiKey.objects.values()], default=str)


def test_the_answer_with_the_token_is_not_to_be_cached():
    answer = signed_in(person()).post(KEYS, {}, "json")
    assert answer["Cache-Control"] == "no-store"
    assert set(answer.json()["scopes"]) == set(Scope.values)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"scopes": ["videos"]}, "scopes.0"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "videos:read"}, "scopes"),
        ({"addresses": ["10.0.0.1/8"]}, "addresses.0"),
        ({"addresses": ["example.org"]}, "addresses.0"),
        ({"addresses": ["::1"] * 51}, "addresses"),
        ({"name": "x" * 81}, "name"),
        ({"name": "\x00"}, "name"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(wish, field):
    answer = signed_in(person()).post(KEYS, wish, "json")
    assert (answer.status_code, [*answer.json()["fields"]]) == (400, [field])
    assert not ApiKey.objects.exists()


def test_a_key_is_not_taken_for_a_device_nor_a_device_for_a_key():
    ada = person("ada")
    token = keys.make(ada)[1]
    with_key = APIClient(headers={"Authorization": f"Bearer {token}"})
    assert [with_key.get(path).status_code for path in (KEYS, "/api/v1/me/")] == [401, 401]
    assert with_key.post(KEYS, {}, "json").status_code == 401
    device = signed_in(ada)._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    assert enter(device).status_code == 401


def test_the_keys_of_others_are_not_there():
    key = keys.make(person("ada"))[0]
    bee = signed_in(person("bee"))
    answers = [
        bee.get(f"{KEYS}{key.pk}/"),
        bee.patch(f"{KEYS}{key.pk}/", {"name": "mine"}, "json"),
        bee.delete(f"{KEYS}{key.pk}/"),
        bee.post(f"{KEYS}{key.pk}/rotation/", {}, "json"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert bee.get(KEYS).json()["items"] == []


def test_both_keys_work_until_the_overlap_ends():
    ada = person("ada")
    key, old = keys.make(ada, scopes=["videos:read"], addresses=["10.0.0.0/8"])
    rotated = signed_in(ada).post(f"{KEYS}{key.pk}/rotation/", {"overlap_hours": 2}, "json").json()
    new = rotated["key"]
    assert (rotated["scopes"], rotated["addresses"]) == (["videos:read"], ["10.0.0.0/8"])
    assert [enter(token, "10.1.2.3").status_code for token in (old, new)] == [200, 200]
    with travel(now() + timedelta(hours=2, seconds=1)):
        assert [enter(token, "10.1.2.3").status_code for token in (old, new)] == [401, 200]


def test_without_an_overlap_the_old_key_ends_at_once():
    key, old = keys.make(person("ada"))
    new = keys.rotate(key, 0)[1]
    assert [enter(token).status_code for token in (old, new)] == [401, 200]


def test_a_rotation_does_not_lengthen_a_life():
    soon = now() + timedelta(hours=1)
    key = keys.make(person("ada"), expires_at=soon)[0]
    new = keys.rotate(key, 168)[0]
    key.refresh_from_db()
    assert (key.expires_at, new.expires_at) == (soon, soon)


@pytest.mark.parametrize("hours", [-1, 169, "soon", 1.5])
def test_an_overlap_is_0_to_168_whole_hours(hours):
    ada = person("ada")
    path = f"{KEYS}{keys.make(ada)[0].pk}/rotation/"
    answer = signed_in(ada).post(path, {"overlap_hours": hours}, "json")
    assert (answer.status_code, [*answer.json()["fields"]]) == (400, ["overlap_hours"])


def test_a_key_is_rotated_once():
    ada = person("ada")
    key = keys.make(ada)[0]
    new = keys.rotate(key)[0]
    answer = signed_in(ada).post(f"{KEYS}{key.pk}/rotation/", {}, "json")
    assert (answer.status_code, answer.json()["code"]) == (409, "key_rotated")
    assert answer.json()["facts"] == {"successor": str(new.pk)}


@pytest.mark.django_db(transaction=True)
def test_of_two_rotations_at_once_one_wins():
    key = keys.make(person("ada"))[0]
    copies = [ApiKey.objects.get(pk=key.pk) for _ in "12"]
    assert len(race(keys.rotate, copies)) == 1
    assert ApiKey.objects.count() == 2


def test_there_are_only_so_many_keys(settings):
    settings.KEYS_PER_PERSON = 2
    ada = person("ada")
    key, _ = keys.make(ada), keys.make(ada)
    with pytest.raises(TooManyKeys):
        keys.make(ada)
    with pytest.raises(TooManyKeys):
        keys.rotate(key[0])
    keys.rotate(key[0], 0)  # one for one
    assert ApiKey.objects.live().count() == 2
    assert keys.make(person("bee"))[0].user.handle == "bee"


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_only_so_many_are_made(settings):
    settings.KEYS_PER_PERSON = 2
    ada = person("ada")
    assert len(race(lambda name: keys.make(ada, name), ["a", "b", "c", "d"])) == 2


def test_a_revoked_key_is_refused_at_once_and_gone_from_the_list():
    ada = person("ada")
    key, token = keys.make(ada)
    client = signed_in(ada)
    assert enter(token).status_code == 200
    assert [client.delete(f"{KEYS}{key.pk}/").status_code for _ in "12"] == [204, 404]
    answer = enter(token)
    assert (answer.status_code, answer.data["code"]) == (401, "invalid_api_key")
    assert client.get(KEYS).json()["items"] == []
    with pytest.raises(KeyRotated):
        keys.rotate(key)


def test_an_expired_key_is_refused():
    token = keys.make(person("ada"), expires_at=now() + timedelta(days=1))[1]
    assert enter(token).status_code == 200
    with travel(now() + timedelta(days=1, seconds=1)):
        assert enter(token).status_code == 401


def test_the_keys_of_a_suspended_person_end_for_good():
    ada = person("ada")
    token = keys.make(ada)[1]
    services.suspend(ada)
    assert enter(token).status_code == 401
    services.restore(ada)
    assert enter(token).status_code == 401


def test_a_key_can_be_renamed_and_bound_to_networks():
    ada = person("ada")
    key, token = keys.make(ada)
    wish = {"name": "farm", "addresses": ["192.0.2.7", "2001:db8::/48"], "scopes": ["files"]}
    changed = signed_in(ada).patch(f"{KEYS}{key.pk}/", wish, "json").json()
    assert (changed["name"], changed["addresses"]) == ("farm", ["192.0.2.7/32", "2001:db8::/48"])
    assert set(changed["scopes"]) == set(Scope.values)  # those stay as they were made
    assert enter(token, "192.0.2.8").status_code == 403


def test_every_act_is_on_the_audit_chain():
    ada = person("ada")
    key = keys.make(ada, scopes=["files"])[0]
    new = keys.rotate(key)[0]
    keys.revoke(new)
    keys.revoke(new)
    said = list(AuditRecord.objects.values_list("kind", "actor_id", "body"))
    assert said == [
        ("key_made", ada.pk, {"key": str(key.pk), "scopes": ["files"]}),
        ("key_rotated", ada.pk, {"key": str(key.pk), "successor": str(new.pk)}),
        ("key_revoked", ada.pk, {"key": str(new.pk)}),
    ]


def test_keys_are_in_the_export_without_their_hash_and_go_with_the_person():
    ada = person("ada")
    key = keys.make(ada, "studio")[0]
    answer = signed_in(ada).get("/api/v1/me/export/")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    told = json.loads(archive.read("keys.json"))
    assert [(one["id"], one["name"]) for one in told] == [(str(key.pk), "studio")]
    assert key.token_hash.encode() not in archive.read("keys.json")
    services.delete_account(ada)
    assert not ApiKey.objects.exists()


def test_a_list_of_many_asks_as_little_as_one_of_few():
    ada = person("ada")
    client = signed_in(ada)
    counts = []
    for _ in "12":
        for _ in range(5):
            keys.make(ada)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(KEYS).status_code == 200
        counts.append(len(asked))
    assert counts == [2, 2]


def test_the_command_prints_the_key_as_its_last_line():
    ada = person("ada")
    out = io.StringIO()
    call_command("apikey", "@Ada", "--name", "ci", "--scope", "videos:read", stdout=out)
    token = out.getvalue().strip().splitlines()[-1]
    key = ApiKey.objects.get()
    assert (key.user, key.name, key.scopes) == (ada, "ci", ["videos:read"])
    assert enter(token).status_code == 200


def test_the_command_knows_nobody_else_and_keeps_to_the_number(settings):
    settings.KEYS_PER_PERSON = 0
    person("ada")
    for who in ("nobody", "ada"):
        with pytest.raises(CommandError):
            call_command("apikey", who)

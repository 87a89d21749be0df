"""The same request again is the same answer, and the deed was done once, whatever dies."""

import io
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.timezone import now
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory

from sora_social import idempotency
from sora_social.idempotency import Asked, IdempotencyRecord, StillRunning, once
from sora_social.idempotent import idempotent
from sora_social.users import keys, services
from sora_social.users.models import ApiKey, Invite
from tests.caches import forget
from tests.people import person, signed_in
from tests.racing import race
from tests.users.entering import Door

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
KEYS = "/api/v1/me/keys/"


def post(client, key: str | None = "one", path: str = KEYS, **wish):
    return client.post(path, wish, "json", headers={"Idempotency-Key": key} if key else {})


def asked(user, key: str = "one", fingerprint: str = "same", **more) -> Asked:
    return Asked(user.pk, key, fingerprint, **more)


def running(user, **changes) -> IdempotencyRecord:
    """A record whose answer somebody else is working at."""
    soon, whose = now() + timedelta(minutes=1), asked(user)
    usual = {"fingerprint": whose.fingerprint, "run": uuid4(), "lease_until": soon}
    return IdempotencyRecord.objects.create(user=user, key_hash=whose.key_hash, **usual | changes)


def hand_out() -> HttpResponse:
    """A deed that leaves a trace."""
    services.make_invites(1)
    return HttpResponse(b"done", status=201)


# --- over the API ---------------------------------------------------------------------------------


def test_the_first_answer_is_given_again():
    client = signed_in(person("ada"))
    first, again = post(client, name="studio"), post(client, name="studio")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert [answer["Cache-Control"] for answer in (first, again)] == ["no-store"] * 2
    assert again["Content-Type"] == first["Content-Type"]
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert ApiKey.objects.count() == 1


def test_what_is_kept_of_an_answer_cannot_be_read_in_the_database():
    token = post(signed_in(person("ada")), "my-key").json()["key"]
    row = repr([bytes(v) if isinstance(v, memoryview) else v
                for v in IdempotencyRecord.objects.values_list().get()])  # fmt: skip
    assert token not in row
    assert "my-key" not in row


def test_without_a_key_every_request_is_a_new_one():
    client = signed_in(person("ada"))
    assert post(client, None).json()["key"] != post(client, None).json()["key"]


def test_another_request_under_the_same_key_is_refused():
    client = signed_in(person("ada"))
    key = post(client, name="studio").json()["id"]
    others = [post(client, name="farm"), post(client, path=f"{KEYS}{key}/rotation/", name="studio")]
    for answer in others:
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert ApiKey.objects.count() == 1


def test_two_people_may_have_the_same_key():
    ids = {post(signed_in(person())).json()["id"] for _ in "12"}
    assert len(ids) == 2


def test_what_was_not_understood_may_be_corrected():
    client = signed_in(person("ada"))
    assert post(client, scopes=["nothing"]).status_code == 400
    assert post(client, scopes=["files"]).status_code == 201


def test_a_refusal_is_an_answer_too(settings):
    settings.KEYS_PER_PERSON = 0
    client = signed_in(person("ada"))
    first = post(client)
    settings.KEYS_PER_PERSON = 1
    again = post(client)
    assert (first.status_code, again.status_code) == (409, 409)
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")


def test_who_was_too_fast_may_try_again(monkeypatch):
    client = signed_in(person("ada"))
    forget()
    monkeypatch.setattr("sora_social.floods.PerPerson.THROTTLE_RATES", {"person": "1/min"})
    assert post(client, "first").status_code == 201
    assert post(client, "second").status_code == 429
    forget()
    assert post(client, "second").status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "two words", "schlüssel", " "])
def test_a_key_is_255_visible_characters_at_most(key):
    answer = post(signed_in(person("ada")), key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")
    assert not ApiKey.objects.exists()


def test_the_longest_key_is_taken():
    assert post(signed_in(person("ada")), "~" * 255).status_code == 201


def test_nobody_leaves_no_record():
    assert post(APIClient()).status_code == 401
    assert not IdempotencyRecord.objects.exists()


def test_while_the_first_is_being_answered_others_wait():
    ada = person("ada")
    client = signed_in(ada)
    post(client)
    IdempotencyRecord.objects.update(status=None)
    answer = post(client)
    assert (answer.status_code, answer.json()["code"]) == (409, "still_running")
    assert answer["Retry-After"] == "1"


def test_a_form_can_still_be_read_by_its_view():
    client = signed_in(person("ada"))
    answers = [
        client.post(KEYS, {"name": "studio"}, headers={"Idempotency-Key": "one"}) for _ in "12"
    ]
    assert [answer.json()["name"] for answer in answers] == ["studio"] * 2
    assert ApiKey.objects.count() == 1


# --- what dies on the way -------------------------------------------------------------------------


def test_what_a_dead_process_left_is_answered_when_its_lease_has_run_out():
    ada = person("ada")
    running(ada)
    with pytest.raises(StillRunning):
        once(asked(ada), hand_out)
    IdempotencyRecord.objects.update(lease_until=now() - timedelta(seconds=1))
    assert once(asked(ada), hand_out).status_code == 201
    assert once(asked(ada), hand_out)["Idempotent-Replayed"] == "true"
    assert Invite.objects.count() == 1


def test_whoever_was_too_slow_has_done_nothing():
    ada = person("ada")

    def slow() -> HttpResponse:
        IdempotencyRecord.objects.update(run=uuid4())  # somebody took over
        return hand_out()

    with pytest.raises(StillRunning):
        once(asked(ada), slow)
    assert not Invite.objects.exists()


def test_a_fault_undoes_the_deed_and_is_the_answer():
    ada = person("ada")

    def fault() -> HttpResponse:
        hand_out()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        once(asked(ada), fault, fault=lambda: HttpResponse(b"sorry", status=500))
    again = once(asked(ada), hand_out)
    assert (again.status_code, again.content) == (500, b"sorry")
    assert not Invite.objects.exists()


def test_an_answer_that_says_it_failed_is_kept_without_the_deed():
    ada = person("ada")

    def failed() -> HttpResponse:
        hand_out()
        return HttpResponse(b"sorry", status=500)

    assert [once(asked(ada), failed).status_code for _ in "12"] == [500, 500]
    assert not Invite.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done():
    ada = person("ada")
    race(lambda _: once(asked(ada), hand_out), [*range(6)])
    assert Invite.objects.count() == 1


KILLED = """
import os, signal, django
django.setup()
from sora_social.idempotency import Asked, once
from sora_social.users.services import make_invites

def deed():
    make_invites(1)
    print("done", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

once(Asked({user}, "one", "same"), deed)
"""


@pytest.mark.django_db(transaction=True)
def test_who_is_killed_between_the_deed_and_its_answer_has_done_nothing():
    ada = person("ada")
    connection.close()
    dead = subprocess.run(
        [sys.executable, "-c", KILLED.format(user=ada.pk)],
        cwd=ROOT, env=os.environ | here(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (dead.returncode, dead.stdout) == (-9, "done\n"), dead.stderr
    assert IdempotencyRecord.objects.get().status is None
    assert not Invite.objects.exists()
    IdempotencyRecord.objects.update(lease_until=now() - timedelta(seconds=1))
    assert [once(asked(ada), hand_out).status_code for _ in "12"] == [201, 201]
    assert Invite.objects.count() == 1


def here() -> dict[str, str]:
    """The environment in which another process finds this test's database."""
    of = connection.settings_dict
    url = f"sqlite:///{of['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgres://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT']}/{of['NAME']}"
    return {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "sora_social.settings",
        "SECRET_KEY": "x" * 50,
        "CAMEO_KEK": "y" * 50,
        "CONSENT_KEY": "z" * 50,
    }


# --- fingerprints, and forgetting -----------------------------------------------------------------


def form(boundary: str, content: bytes, **fields: str) -> str:
    """The fingerprint of a form with a file, as a client with this boundary sends it."""
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
             for name, value in fields.items()]  # fmt: skip
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="clip"; filename="a"\r\n\r\n'
    sent = "".join(parts).encode() + file.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    return idempotency.fingerprint(RequestFactory().generic("POST", "/x", sent, kind))


def test_a_form_is_the_same_whatever_its_boundary_and_order():
    assert form("aaa", b"clip", a="1", b="2") == form("bbb", b"clip", b="2", a="1")


def test_a_form_with_another_field_or_file_is_another():
    said = {
        form("aaa", b"clip", a="1"),
        form("aaa", b"clap", a="1"),
        form("aaa", b"clip", a="2"),
        form("aaa", b"clip", b="1"),
        form("aaa", b"clip", a="1", b="1"),
    }
    assert len(said) == 5


def test_answers_are_given_again_for_24_hours():
    ada = person("ada")
    once(asked(ada), hand_out)
    IdempotencyRecord.objects.update(made_at=now() - timedelta(hours=23, minutes=59))
    idempotency.forget_old()
    assert once(asked(ada), hand_out)["Idempotent-Replayed"] == "true"
    IdempotencyRecord.objects.update(made_at=now() - timedelta(hours=24, minutes=1))
    assert "Idempotent-Replayed" not in once(asked(ada, fingerprint="other"), hand_out)
    IdempotencyRecord.objects.update(made_at=now() - timedelta(hours=24, minutes=1))
    idempotency.forget_old()
    assert not IdempotencyRecord.objects.exists()


def test_answers_outlive_a_change_of_the_secret_key(settings):
    ada = person("ada")
    once(asked(ada), hand_out)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]
    assert once(asked(ada), hand_out).content == b"done"


# --- views of /v1 ---------------------------------------------------------------------------------


class Copier(Door):
    """Counts the bytes of a file, and leaves a trace."""

    @idempotent
    def post(self, request):
        services.make_invites(1)
        if request.data.get("refuse"):
            raise services.NotFound()
        return Response({"bytes": len(request.data["clip"].read())}, 201)


def copy(token: str, key: str = "one", **more):
    clip = io.BytesIO(b"x" * 1000)
    clip.name = "clip"
    said = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    request = APIRequestFactory().post("/v1/x", {"clip": clip} | more, headers=said)
    answer = Copier.as_view()(request)
    return answer.render() if hasattr(answer, "render") else answer


def test_a_view_that_says_so_is_answered_once():
    token = keys.make(person("ada"))[1]
    first, again = copy(token), copy(token)
    assert (first.status_code, first.content) == (201, b'{"bytes":1000}')
    assert (again.status_code, again.content) == (201, first.content)
    assert Invite.objects.count() == 1


def test_its_refusals_pass_its_own_exception_handler():
    token = keys.make(person("ada"))[1]
    answers = [copy(token, refuse="1"), copy(token, refuse="1"), copy(token)]
    assert [answer.status_code for answer in answers] == [404, 404, 422]
    assert answers[2].data["code"] == "idempotency_key_reused"
    assert copy(token, "").data["code"] == "idempotency_key_invalid"
    assert Invite.objects.count() == 1


def test_two_keys_of_a_person_share_their_answers():
    ada = person("ada")
    first, other = copy(keys.make(ada)[1]), copy(keys.make(ada)[1])
    assert other["Idempotent-Replayed"] == "true"
    assert other.content == first.content

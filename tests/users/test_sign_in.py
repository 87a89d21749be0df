from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.test import Client
from django.utils.timezone import now
from rest_framework.test import APIClient

from sora_social.users import services
from sora_social.users.models import Device, PersonSession
from tests.people import PASSWORD, person, shown_now, signed_in
from tests.users.joining import AUTH, post, sign_in

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "quite-other-words-4"


def me_status(token: str) -> int:
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    return client.get("/api/v1/me/").status_code


def enter(**who: str) -> dict:
    answer = sign_in(password=PASSWORD, **who)
    assert answer.status_code == 200, answer.content
    return answer.json()["meta"]


@pytest.mark.parametrize("who", [{"username": "ADA"}, {"email": "ADA@example.org"}])
def test_one_signs_in_by_handle_or_e_mail(who):
    person("ada", email="Ada@example.org")
    assert me_status(enter(**who)["access_token"]) == 200


def test_each_sign_in_is_a_device_of_its_own():
    ada = person("ada")
    first, second = enter(username="ada"), enter(username="ada")
    assert first["access_token"] != second["access_token"]
    assert ada.devices.count() == 2


def test_asking_for_the_session_again_makes_no_second_token():
    ada = person("ada")
    session = enter(username="ada")["session_token"]
    again = Client().get(f"{AUTH}/session", headers={"X-Session-Token": session})
    assert again.status_code == 200
    assert "access_token" not in again.json()["meta"]
    assert ada.devices.count() == 1


def test_a_wrong_password_makes_no_device():
    person("ada")
    assert sign_in(username="ada", password="wrong-words-1").status_code == 400
    assert not Device.objects.exists()


def test_failed_sign_ins_are_limited_even_for_the_right_password():
    person("ada")
    for _ in range(6):
        sign_in(username="ada", password="wrong-words-1")
    assert sign_in(username="ada", password=PASSWORD).status_code != 200


def test_a_suspended_person_cannot_sign_in():
    services.suspend(person("ada"))
    assert sign_in(username="ada", password=PASSWORD).status_code == 401
    assert not Device.objects.exists()


def test_our_api_does_not_take_the_session_token():
    person("ada")
    assert me_status(enter(username="ada")["session_token"]) == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer vat_x", "Bearer \xff", "Basic YTpi", "vat_x", ""]
)
def test_other_headers_are_refused_in_our_shape(header):
    answer = APIClient(headers={"Authorization": header}).get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] in {"not_authenticated", "authentication_failed"}


@pytest.mark.parametrize(
    "change", [{"revoked_at": now()}, {"expires_at": now() - timedelta(seconds=1)}]
)
def test_a_revoked_or_expired_token_is_refused(change):
    ada = person()
    client = signed_in(ada)
    ada.devices.update(**change)
    assert client.get("/api/v1/me/").status_code == 401


def test_a_suspension_ends_tokens_at_once_and_a_restored_person_signs_in_again():
    ada = person("ada")
    client = signed_in(ada)
    services.suspend(ada)
    assert client.get("/api/v1/me/").status_code == 401
    services.restore(ada)
    assert client.get("/api/v1/me/").status_code == 401
    assert me_status(enter(username="ada")["access_token"]) == 200


def test_use_moves_the_expiry_ahead_at_most_once_an_hour(django_assert_num_queries):
    ada = person()
    client = signed_in(ada)
    earlier = now() - timedelta(hours=2)
    ada.devices.update(used_at=earlier, expires_at=earlier + timedelta(days=1))
    client.get("/api/v1/me/")
    slid = ada.devices.get()
    assert slid.expires_at > now() + timedelta(days=29)
    with django_assert_num_queries(1):
        client.get("/api/v1/me/")
    assert ada.devices.get().used_at == slid.used_at


def test_signing_out_ends_the_token_and_its_session():
    person("ada")
    meta = enter(username="ada")
    client = APIClient(headers={"Authorization": f"Bearer {meta['access_token']}"})
    assert client.delete("/api/v1/me/devices/current/").status_code == 204
    assert me_status(meta["access_token"]) == 401
    gone = Client().get(f"{AUTH}/session", headers={"X-Session-Token": meta["session_token"]})
    assert gone.status_code == 410
    assert not PersonSession.objects.exists()


def test_ending_the_session_ends_the_token():
    person("ada")
    meta = enter(username="ada")
    Client().delete(f"{AUTH}/session", headers={"X-Session-Token": meta["session_token"]})
    assert me_status(meta["access_token"]) == 401


def test_a_changed_password_ends_the_other_devices_only():
    person("ada")
    other, mine = enter(username="ada"), enter(username="ada")
    changed = Client().post(
        "/_allauth/app/v1/account/password/change",
        {"current_password": PASSWORD, "new_password": NEW_PASSWORD},
        content_type="application/json",
        headers={"X-Session-Token": mine["session_token"]},
    )
    assert changed.status_code == 200
    assert me_status(mine["access_token"]) == 200
    assert me_status(other["access_token"]) == 401


def test_a_forgotten_password_is_reset_by_a_code_and_ends_every_device():
    person("ada", email="ada@example.org")
    token = enter(username="ada")["access_token"]
    asked = post("/password/request", email="ada@example.org")
    session = asked.json()["meta"]["session_token"]
    key = next(line for line in mail.outbox[0].body.splitlines() if len(line.strip()) in {8, 9})
    done = post("/password/reset", session=session, key=key.strip(), password=NEW_PASSWORD)
    assert done.status_code in {200, 401}, done.content
    assert me_status(token) == 401
    assert sign_in(username="ada", password=NEW_PASSWORD).status_code == 200


def test_a_device_takes_the_name_it_gives_where_that_is_plain():
    ada = person("ada")
    sign_in(username="ada", password=PASSWORD, device="a" * 200)
    assert ada.devices.get().name == "a" * 80


def test_people_see_and_end_their_own_devices_only():
    ada, bee = person(), person()
    phone, tablet, other = signed_in(ada, "phone"), signed_in(ada, "tablet"), signed_in(bee)
    listed = phone.get("/api/v1/me/devices/").json()["items"]
    assert [(device["name"], device["current"]) for device in listed] == [
        ("tablet", False),
        ("phone", True),
    ]
    assert set(listed[0]) == {"id", "name", "made_at", "used_at", "expires_at", "current"}
    path = f"/api/v1/me/devices/{listed[0]['id']}/"
    assert other.delete(path).status_code == 404
    assert phone.delete(path).status_code == 204
    assert phone.delete(path).status_code == 404
    assert tablet.get("/api/v1/me/").status_code == 401
    assert phone.get("/api/v1/me/").status_code == 200


def test_passkeys_and_one_time_codes_are_on():
    found = Client().get("/_allauth/app/v1/config").json()["data"]
    assert found["mfa"]["supported_types"] == ["totp", "recovery_codes", "webauthn"]
    assert found["mfa"]["passkey_login_enabled"] is True


def test_a_second_factor_comes_before_the_token():
    ada = person("ada")
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(ada, secret)
    half = sign_in(username="ada", password=PASSWORD)
    assert half.status_code == 401
    assert secret not in str(ada.authenticator_set.get().data)
    assert not Device.objects.exists()
    answer = {"session": half.json()["meta"]["session_token"], "code": shown_now(secret)}
    whole = post("/2fa/authenticate", **answer)
    assert me_status(whole.json()["meta"]["access_token"]) == 200


def test_the_document_of_sign_in_is_served():
    spec = Client().get("/_allauth/openapi.json").json()
    assert "/_allauth/app/v1/auth/signup" in spec["paths"]


def test_a_caller_does_not_choose_its_address(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # it is not asked
    statuses = []
    for number in range(40):
        answer = Client().post(
            f"{AUTH}/login",
            {"username": f"nobody_{number}", "password": "wrong-words-1"},
            content_type="application/json",
            headers={"X-Forwarded-For": f"10.0.0.{number}"},
        )
        statuses.append(answer.status_code)
    assert (statuses[0], statuses[-1]) == (400, 429)

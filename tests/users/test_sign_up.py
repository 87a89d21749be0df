import datetime
import threading

import pytest
from django.core.management import call_command
from django.db import connection
from rest_framework.test import APIClient

from sora_social.users.models import Device, HandleKind, Invite, User
from sora_social.users.services import claim_handle
from sora_social.users.tokens import digest
from tests.people import person
from tests.users.joining import code, refusals, sign_up

pytestmark = pytest.mark.django_db


def test_an_invite_lets_one_person_in_with_a_token_that_works():
    answer = sign_up("ada", invite=code(), device="phone one").json()

    token = answer["meta"]["access_token"]
    assert token.startswith("vat_")
    assert answer["data"]["user"] == {
        "display": "ada",
        "username": "ada",
        "has_usable_password": True,
    }
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    me = client.get("/api/v1/me/").json()
    assert me["handle"] == "ada"
    assert (me["birthdate"], me["age_band"], me["email"]) == ("1990-05-17", "adult", None)
    device = Device.objects.get()
    assert (device.name, device.token_hash) == ("phone one", digest(token))


def test_only_the_hash_of_a_token_is_in_the_database():
    token = sign_up("ada", invite=code()).json()["meta"]["access_token"]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'select * from "{table}"')
            assert all(token not in str(row) for row in cursor.fetchall()), table


def test_the_newcomer_gets_codes_to_give(settings):
    settings.INVITES_PER_PERSON = 3
    sign_up("ada", invite=code())
    assert User.objects.get(handle="ada").invites.filter(taken_at=None).count() == 3


@pytest.mark.parametrize(
    ("invite", "refusal"),
    [
        ("", "required"),
        ("NOSUCHCODE22", "invite_not_valid"),
        ("\x00", "null_characters_not_allowed"),
    ],
)
def test_without_a_valid_code_nobody_gets_in(invite, refusal):
    assert refusals(sign_up("ada", invite=invite)) == [("invite", refusal)]
    assert not User.objects.exists()


def test_a_code_works_once():
    used = code()
    assert sign_up("ada", invite=used).status_code == 200
    assert refusals(sign_up("bee", invite=used)) == [("invite", "invite_not_valid")]


def test_a_code_stays_used_when_its_taker_is_gone():
    used = code()
    sign_up("ada", invite=used)
    User.objects.get(handle="ada").delete()
    assert refusals(sign_up("bee", invite=used)) == [("invite", "invite_not_valid")]


def test_a_code_may_be_written_by_hand():
    written = code().lower()
    assert sign_up("ada", invite=f"{written[:4]}-{written[4:8]} {written[8:]}").status_code == 200


def test_open_sign_up_asks_no_code(settings):
    settings.SIGNUP_OPEN = True
    assert sign_up("ada").status_code == 200
    assert refusals(sign_up("bee", invite="NOSUCHCODE22")) == [("invite", "invite_not_valid")]


def years_ago(years: int, days: int = 0) -> str:
    today = datetime.date.today()
    return str(
        today.replace(year=today.year - years, day=min(today.day, 28)) + datetime.timedelta(days)
    )


@pytest.mark.parametrize(
    ("birthdate", "refusal"),
    [
        (None, "required"),
        ("yesterday", "invalid"),
        ("1899-12-31", "min_value"),
        ("2999-01-01", "invalid"),
        (years_ago(13, days=40), "too_young"),
    ],
)
def test_a_birthdate_is_asked_and_children_are_refused(birthdate, refusal):
    assert refusals(sign_up(invite=code(), birthdate=birthdate)) == [("birthdate", refusal)]


def test_a_teen_gets_in_as_a_teen():
    assert sign_up(invite=code(), birthdate=years_ago(14)).status_code == 200
    assert User.objects.get().age_band == "teen"


@pytest.mark.parametrize(
    "handle",
    ["ab", "a" * 25, "with space", "dot.ted", "größe", "admin", "new\nline", "nul\x00l", ""],
)
def test_bad_handles_are_refused(handle):
    assert {field for field, _ in refusals(sign_up(handle, invite=code()))} == {"username"}


def test_handles_are_small_letters_and_taken_once():
    assert sign_up("Ada", invite=code()).status_code == 200
    assert User.objects.get().handle == "ada"
    assert refusals(sign_up("ADA", invite=code())) == [("username", "username_taken")]


def test_an_e_mail_is_taken_once_whatever_its_case():
    assert sign_up("ada", invite=code(), email="Ada@Example.org").status_code == 200
    assert User.objects.get().email == "ada@example.org"
    assert refusals(sign_up("bee", invite=code(), email="aDA@example.ORG")) == [
        ("email", "email_taken")
    ]


def test_many_people_may_have_no_e_mail():
    assert sign_up("ada", invite=code(), email="").status_code == 200
    assert sign_up("bee", invite=code()).status_code == 200
    assert list(User.objects.values_list("email", flat=True)) == [None, None]


@pytest.mark.parametrize("password", ["short", "password1234", "984156231567"])
def test_weak_passwords_are_refused(password):
    found = refusals(sign_up("ada", invite=code(), password=password))
    assert {field for field, _ in found} == {"password"}


def test_a_refused_sign_up_leaves_the_code_free():
    free = code()
    sign_up("ab", invite=free)
    assert sign_up("ada", invite=free).status_code == 200


def test_sign_ups_from_one_address_are_limited():
    statuses = [sign_up("ada", invite="").status_code for _ in range(25)]
    assert statuses[0] == 400
    assert statuses[-1] == 429


@pytest.mark.django_db(transaction=True)
def test_of_two_who_race_for_one_code_one_gets_in():
    shared, answers, start = code(), [], threading.Barrier(4)

    def run(number: int) -> None:
        start.wait()
        answers.append(sign_up(f"racer_{number}", invite=shared))
        connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert User.objects.count() == Device.objects.count() == 1
    assert Invite.objects.get(code=shared).taker == User.objects.get()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_race_for_one_handle_one_gets_in():
    codes, answers, start = [code() for _ in range(3)], [], threading.Barrier(3)

    def run(invite: str) -> None:
        start.wait()
        answers.append(sign_up("ada", invite=invite))
        connection.close()

    threads = [threading.Thread(target=run, args=[invite]) for invite in codes]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
    assert Invite.objects.filter(code__in=codes, taken_at=None).count() == 2


def test_an_operator_prints_codes(capsys):
    call_command("invite", count=2)
    printed = capsys.readouterr().out.split()
    assert sorted(printed) == sorted(Invite.objects.values_list("code", flat=True))
    assert len(printed) == 2


def test_a_person_without_birthdate_is_of_unknown_age():
    assert person(birthdate=None).age_band == "unknown"


def test_nobody_signs_up_by_the_handle_of_a_cameo_or_a_character():
    owner = person()
    assert claim_handle(owner, "rex", HandleKind.CHARACTER)
    invite = code()
    assert refusals(sign_up("Rex", invite=invite)) == [("username", "username_taken")]
    assert sign_up("rex_two", invite=invite).status_code == 200  # the invite was not spent

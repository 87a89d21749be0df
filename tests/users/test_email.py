import re
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from sora_social.users.models import User
from tests.caches import forget
from tests.people import PASSWORD, person
from tests.users.joining import AUTH, code, post, sign_in, sign_up

pytestmark = pytest.mark.django_db
EMAIL = "/_allauth/app/v1/account/email"


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def send(ada):
    """Speak to allauth's e-mail endpoint as Ada."""
    session = sign_in(username="ada", password=PASSWORD).json()["meta"]["session_token"]

    def speak(method: str, email: str):
        call = getattr(Client(), method)
        sent = {"content_type": "application/json", "headers": {"X-Session-Token": session}}
        return call(EMAIL, {"email": email}, **sent)

    return speak


def test_an_e_mail_added_later_is_verified_by_the_key_in_the_mail(ada, send):
    assert send("post", "Ada@Example.org").status_code == 200
    assert mail.outbox[0].subject.startswith("[Sora Social] ")
    assert verify_from_mail() == 401
    address = ada.emailaddress_set.get()
    assert (address.email, address.verified) == ("ada@example.org", True)


def verify_from_mail() -> int:
    """Send back the key of the last mail; 401 says: done, though nobody is signed in by it."""
    key = re.search(r"/verify-email/(\S+)", mail.outbox[-1].body)[1]
    return post("/email/verify", key=unquote(key)).status_code


def test_a_removed_e_mail_is_no_e_mail(ada, send):
    for name in ("bee", "cee"):
        person(name, email=None)
    send("post", "ada@example.org")
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    assert send("delete", "ada@example.org").status_code == 200
    ada.refresh_from_db()
    assert ada.email is None


def test_an_address_belongs_to_who_proves_it_not_to_who_claims_it(ada, send):
    sign_up("bee", invite=code(), email="ada@example.org")
    forget()  # one mail to an address in three minutes
    assert send("post", "ADA@example.org").status_code == 200
    assert verify_from_mail() == 401
    verified = EmailAddress.objects.get(verified=True)
    assert (verified.user, verified.email) == (ada, "ada@example.org")
    assert (
        sign_in(email="ada@example.org", password=PASSWORD).json()["data"]["user"]["username"]
        == "ada"
    )


def test_a_proven_address_cannot_be_proven_again(ada, send):
    EmailAddress.objects.create(user=person(), email="bee@example.org", verified=True)
    send("post", "bee@example.org")
    assert verify_from_mail() == 400
    assert not EmailAddress.objects.filter(user=ada, verified=True).exists()


def test_a_forged_key_verifies_nothing():
    assert post("/email/verify", key="forged").status_code == 400
    forged = Client().get(f"{AUTH}/email/verify", headers={"X-Email-Verification-Key": "x\x00"})
    assert forged.status_code == 400

import base64

import pytest
from cryptography.fernet import InvalidToken

from sora_social.webhooks import signing

# computed with the reference library of Standard Webhooks
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signature_is_that_of_standard_webhooks():
    headers = signing.headers(EVENT, TIMESTAMP, BODY, [SECRET])
    assert headers == {
        "webhook-id": EVENT,
        "webhook-timestamp": str(TIMESTAMP),
        "webhook-signature": SIGNATURE,
    }


def test_each_key_signs():
    other = signing.new_secret()
    headers = signing.headers(EVENT, TIMESTAMP, BODY, [other, SECRET])
    first, second = headers["webhook-signature"].split(" ")
    assert (first != SIGNATURE, second) == (True, SIGNATURE)


def test_a_secret_is_256_bits_of_chance():
    one, other = signing.new_secret(), signing.new_secret()
    assert one != other
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32


def test_a_sealed_secret_is_unreadable_and_opens_with_a_former_key(settings):
    sealed = signing.seal(SECRET)
    assert SECRET[6:] not in sealed
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]
    assert signing.unseal(sealed) == SECRET
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        signing.unseal(sealed)

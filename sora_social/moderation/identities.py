"""Who reports without an account: sealed at rest, known again by a keyed digest, and in no list."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from functools import partial

from cryptography.fernet import InvalidToken
from django.conf import settings

from sora_social.sealing import cipher, derived

_key_from = partial(derived, purpose=b"identities of reporters")


def seal(**said: str) -> str:
    """Name, address and what else they said of themselves; empty when they said nothing."""
    told = {name: value for name, value in said.items() if value}
    return cipher(_key_from).encrypt(json.dumps(told).encode()).decode() if told else ""


def unseal(sealed: str) -> dict[str, str]:
    """What they said; that it is lost, when SECRET_KEY and its fallbacks are all others now."""
    if not sealed:
        return {}
    try:
        found: dict[str, str] = json.loads(cipher(_key_from).decrypt(sealed))
    except InvalidToken:
        return {"sealed": "with a key that is no more"}
    return found


def known_as(address: str) -> str:
    """A digest of an e-mail or network address that nobody can compute without our key."""
    key = _key_from(settings.SECRET_KEY)
    return hmac.digest(key, address.strip().lower().encode(), "sha256").hex()


def new_receipt() -> str:
    """160 bits that show somebody what became of their report."""
    return secrets.token_urlsafe(20)


def digest_of(receipt: str) -> str:
    return hashlib.sha256(receipt.encode()).hexdigest()

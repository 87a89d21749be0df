"""Secrets of endpoints, sealed at rest, and signatures as Standard Webhooks has them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from functools import partial

from sora_social.sealing import cipher, derived

PREFIX = "whsec_"
_key_from = partial(derived, purpose=b"webhook secrets")


def new_secret() -> str:
    """`whsec_` and 256 bits in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def seal(secret: str) -> str:
    return cipher(_key_from).encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises cryptography.fernet.InvalidToken when SECRET_KEY and its fallbacks are all others."""
    return cipher(_key_from).decrypt(sealed).decode()


def headers(event: str, timestamp: int, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The three headers; one signature for each key. `timestamp` is in Unix seconds."""
    signed = f"{event}.{timestamp}.".encode() + body
    return {
        "webhook-id": event,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(key, signed) for key in keys),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()

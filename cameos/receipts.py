"""Signed receipts of leaves. This file alone verifies one, offline: it needs `cryptography` only.

    python cameos/receipts.py RECEIPT.json PUBLIC_KEY

A receipt says what was agreed, and no more than both sides know anyway: no likeness, no address.
It is a JSON object whose `signature` is Ed25519 (RFC 8032) over the rest in canonical form: keys
sorted, no spaces, UTF-8. PUBLIC_KEY is 32 bytes in base64, from `GET /api/v1/consents/key/`.
Whether the leave still stands only the server knows: `POST /api/v1/consents/check/`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KIND = "sora-social/consent-receipt/1"
SIGNATURE = "signature"
Receipt = Mapping[str, Any]


def sign(said: Receipt, secret: str) -> dict[str, Any]:
    """The receipt with its kind, the key's name and the signature."""
    key = _private(secret)
    whole = {**said, "kind": KIND, "key": key_name(public_key(secret))}
    return whole | {SIGNATURE: base64.b64encode(key.sign(canonical(whole))).decode()}


def is_genuine(receipt: Receipt, public: str) -> bool:
    """Whether the holder of the key signed exactly this."""
    try:
        signature = base64.b64decode(str(receipt[SIGNATURE]), validate=True)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(signature, canonical(receipt))
    except (InvalidSignature, KeyError, ValueError):
        return False
    return receipt.get("kind") == KIND


def canonical(receipt: Receipt) -> bytes:
    """What is signed."""
    said = {name: value for name, value in receipt.items() if name != SIGNATURE}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def public_key(secret: str) -> str:
    """The public half, 32 bytes in base64."""
    raw = _private(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def key_name(public: str) -> str:
    """A short name of a public key, so that one can see which signed."""
    return hashlib.sha256(public.encode()).hexdigest()[:16]


def _private(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())


def main(receipt: str, public: str) -> int:
    """Say whether a receipt is genuine; 0 when it is."""
    genuine = is_genuine(json.loads(Path(receipt).read_text("utf-8")), public)
    print("genuine" if genuine else "NOT genuine: changed, or signed by another key")
    return 0 if genuine else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

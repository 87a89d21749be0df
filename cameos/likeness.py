"""Templates at rest: sealed.

A template is sealed under a key of its own, and that key under the house's. Whoever destroys
`Sealed.key` has deleted the template, wherever copies of `Sealed.body` still lie.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sora_social.errors import DomainError

NONCE = 12  # bytes, as AES-GCM wants


class TemplateUnreadable(DomainError):
    status, code = 410, "template_unreadable"
    message = "This likeness was deleted, or belongs to another cameo or model pack."


@dataclass(frozen=True)
class Sealed:
    """A template at rest: its wrapped key (60 bytes), and the nonce and ciphertext."""

    key: bytes
    body: bytes


def seal(template: np.ndarray, *, cameo: str, pack: str, house_key: bytes) -> Sealed:
    """Seal a unit template (dim,) for one cameo and one pack. `house_key` is 32 bytes."""
    key, bound = AESGCM.generate_key(256), _bound_to(cameo, pack)
    return Sealed(
        key=_encrypt(house_key, key, bound),
        body=_encrypt(key, template.astype("<f2").tobytes(), bound),
    )


def unseal(sealed: Sealed, *, cameo: str, pack: str, house_key: bytes) -> np.ndarray:
    """The unit template (dim,) float32; TemplateUnreadable without the right key and owner."""
    template = stored(sealed, cameo=cameo, pack=pack, house_key=house_key).astype(np.float32)
    return template / np.linalg.norm(template)


def stored(sealed: Sealed, *, cameo: str, pack: str, house_key: bytes) -> np.ndarray:
    """As it was stored, (dim,) float16, for whoever opens many. Raises TemplateUnreadable."""
    bound = _bound_to(cameo, pack)
    try:
        plain = _decrypt(_decrypt(house_key, sealed.key, bound), sealed.body, bound)
    except (InvalidTag, ValueError) as error:
        raise TemplateUnreadable(cameo=cameo) from error
    return np.frombuffer(plain, "<f2")


def _bound_to(cameo: str, pack: str) -> bytes:
    return f"cameo {cameo} pack {pack}".encode()


def _encrypt(key: bytes, plain: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def _decrypt(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound)

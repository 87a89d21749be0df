"""What is kept sealed by the server's own secret: SECRET_KEY seals, its fallbacks open too."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def cipher(derive: Callable[[str], bytes]) -> MultiFernet:
    """For one purpose: `derive` makes 32 bytes of a secret key that no other purpose has."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(urlsafe_b64encode(derive(one))) for one in secrets])


def derived(secret: str, purpose: bytes) -> bytes:
    """32 bytes of a secret key for a purpose."""
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret.encode())

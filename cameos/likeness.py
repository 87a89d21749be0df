"""Whose face is this? Sealed templates and an exact search over them.

A template is sealed under a key of its own, and that key under the house's. Whoever destroys
`Sealed.key` has deleted the template, wherever copies of `Sealed.body` still lie.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sora_social.errors import DomainError

NONCE = 12  # bytes, as AES-GCM wants
NOBODY = -1.0  # the similarity to an empty gallery


class TemplateUnreadable(DomainError):
    status, code = 410, "template_unreadable"
    message = "This likeness was deleted, or belongs to another cameo or model pack."


class OtherPack(DomainError):
    status, code = 409, "other_pack"
    message = "Likenesses of different model packs cannot be compared."


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
    bound = _bound_to(cameo, pack)
    try:
        plain = _decrypt(_decrypt(house_key, sealed.key, bound), sealed.body, bound)
    except (InvalidTag, ValueError) as error:
        raise TemplateUnreadable(cameo=cameo) from error
    template = np.frombuffer(plain, "<f2").astype(np.float32)
    return template / np.linalg.norm(template)


def _bound_to(cameo: str, pack: str) -> bytes:
    return f"cameo {cameo} pack {pack}".encode()


def _encrypt(key: bytes, plain: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def _decrypt(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound)


class Gallery:
    """Enrolled templates of one pack as rows of a matrix; the search is exact and misses nobody."""

    def __init__(self, pack: str, templates: Mapping[Hashable, np.ndarray]) -> None:
        self.pack = pack
        self.ids = list(templates)
        self.rows = np.stack([templates[i] for i in self.ids]) if self.ids else None  # (N, dim)

    def __len__(self) -> int:
        return len(self.ids)

    def nearest(
        self, templates: np.ndarray, *, pack: str
    ) -> tuple[list[Hashable | None], np.ndarray]:
        """For each template (T, dim) the nearest id, and its cosine similarity (T,)."""
        alike = self._similarities(templates, pack)  # (T, N)
        if not self.ids:
            return [None] * len(alike), np.full(len(alike), NOBODY, np.float32)
        best = alike.argmax(1)
        return [self.ids[i] for i in best], alike[np.arange(len(best)), best]

    def alike(
        self, template: np.ndarray, *, pack: str, at_least: float
    ) -> list[tuple[Hashable, float]]:
        """Everybody at least so similar to a template (dim,), nearest first."""
        row = self._similarities(template[None], pack)[0]
        found = [i for i in np.argsort(-row) if row[i] >= at_least]
        return [(self.ids[i], float(row[i])) for i in found]

    def _similarities(self, templates: np.ndarray, pack: str) -> np.ndarray:
        if pack != self.pack:
            raise OtherPack(gallery=self.pack, templates=pack)
        if self.rows is None:
            return np.empty((len(templates), 0), np.float32)
        return templates @ self.rows.T

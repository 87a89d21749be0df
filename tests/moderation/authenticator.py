"""A security key in software, as a browser would speak to one."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

PRESENT = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
Said = dict[str, Any]


class SecurityKey:
    """Holds one passkey, for the site that first asked it to make one."""

    def __init__(self, origin: str = "https://testserver") -> None:
        self.origin, self.id = origin, os.urandom(16)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def made(self, asked: Said) -> Said:
        """What `navigator.credentials.create` gives."""
        public = ES256.from_cryptography_key(self._key.public_key())
        held = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        told = self._about(
            asked["publicKey"]["rp"]["id"], PRESENT | AuthenticatorData.FLAG.AT, held
        )
        attested = AttestationObject.create("none", told, {})
        return self._answer(asked, "webauthn.create", attestationObject=bytes(attested))

    def answered(self, asked: Said) -> Said:
        """What `navigator.credentials.get` gives."""
        told = self._about(asked["publicKey"]["rpId"], PRESENT)
        signed = told + hashlib.sha256(self._client(asked, "webauthn.get")).digest()
        signature = self._key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(asked, "webauthn.get", authenticatorData=told, signature=signature)

    def _about(self, site: str, flags: AuthenticatorData.FLAG, held: bytes = b"") -> bytes:
        return AuthenticatorData.create(hashlib.sha256(site.encode()).digest(), flags, 0, held)

    def _client(self, asked: Said, kind: str) -> bytes:
        said = {"type": kind, "challenge": asked["publicKey"]["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def _answer(self, asked: Said, kind: str, **parts: bytes) -> Said:
        response = {"clientDataJSON": self._client(asked, kind), **parts}
        return {
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "response": {name: websafe_encode(bytes(part)) for name, part in response.items()},
            "clientExtensionResults": {},
        }

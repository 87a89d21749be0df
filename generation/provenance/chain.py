"""The certificates that manifests are signed with: a folder of three PEM files.

`chain.pem`: the signing certificate and those between it and its root; `key.pem`: its private key;
`roots.pem`: whom readers are to trust. It knows no Django.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CHAIN, KEY, ROOTS = "chain.pem", "key.pem", "roots.pem"
YEARS = {"root": 10, "intermediate": 8, "signer": 5}
EARLIER = timedelta(minutes=5)  # clocks differ
HALF = 32  # bytes of one number of a signature on P-256


class BadChain(ValueError):
    """The folder holds nothing that could sign; says why."""


@dataclass(frozen=True)
class Chain:
    """What signs, and whom readers trust."""

    certificates: str  # PEM
    key: ec.EllipticCurvePrivateKey
    roots: str  # PEM

    def sign(self, said: bytes) -> bytes:
        """ES256 as COSE writes it: both numbers, one after the other."""
        halves = decode_dss_signature(self.key.sign(said, ec.ECDSA(hashes.SHA256())))
        return b"".join(half.to_bytes(HALF) for half in halves)


def read(folder: Path) -> Chain:
    """The chain of a folder. Raises BadChain."""
    try:
        certificates = (folder / CHAIN).read_text()
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), None)
        leaf = x509.load_pem_x509_certificates(certificates.encode())[0]
    except (OSError, ValueError, TypeError, IndexError) as error:
        raise BadChain(f"{folder}: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise BadChain(f"{folder / KEY} is no key on P-256")
    if leaf.public_key() != key.public_key():
        raise BadChain(f"{folder / KEY} is not the key of the first certificate")
    if not leaf.not_valid_before_utc <= datetime.now(UTC) < leaf.not_valid_after_utc:
        raise BadChain(f"the certificate is valid until {leaf.not_valid_after_utc:%Y-%m-%d}")
    return Chain(certificates, key, roots_of(folder))


def roots_of(folder: Path) -> str:
    """Whom readers trust, PEM. Raises BadChain."""
    try:
        return (folder / ROOTS).read_text()
    except OSError as error:
        raise BadChain(f"{folder}: {error}") from error


def make(folder: Path, name: str = "Sora Social, for development") -> None:
    """A chain for development, which nobody else trusts. Of two that make it at once, one wins;
    the keys of the root and of the one between are not kept. Raises FileExistsError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="chain-", dir=folder.parent))
    try:
        _write(made, name)
        os.rename(made, folder)
    except OSError as error:
        if folder.exists():
            raise FileExistsError(f"{folder} is there already") from error
        raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _write(folder: Path, name: str) -> None:
    root, root_key = _certificate(f"{name}: root", YEARS["root"], ca=1)
    middle, middle_key = _certificate(
        f"{name}: intermediate", YEARS["intermediate"], root, root_key, ca=0
    )
    leaf, key = _certificate(f"{name}: signer", YEARS["signer"], middle, middle_key)
    (folder / CHAIN).write_bytes(_pem(leaf) + _pem(middle))
    (folder / ROOTS).write_bytes(_pem(root))
    _write_key(folder / KEY, key)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    plain = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(plain)


def _certificate(
    name: str,
    years: float,
    issuer: x509.Certificate | None = None,
    issuer_key: ec.EllipticCurvePrivateKey | None = None,
    ca: int | None = None,  # how many authorities may stand below it; None: it is none
    began: datetime | None = None,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate and its key; its own issuer where there is none."""
    key = ec.generate_private_key(ec.SECP256R1())
    signing, is_ca = issuer_key or key, ca is not None
    began = began or datetime.now(UTC) - EARLIER
    told = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(issuer.subject if issuer else _named(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(is_ca, ca), critical=True)
        .add_extension(_usage(is_ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_of_issuer(signing), critical=False)
    )
    if not is_ca:
        used = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        told = told.add_extension(used, critical=False)
    return told.sign(signing, hashes.SHA256()), key


def _usage(is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=is_ca, crl_sign=is_ca,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _of_issuer(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _named(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sora Social"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)

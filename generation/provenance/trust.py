"""How manifests are read and written: what a reader may do, and whom it trusts."""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "version": 1,
    # our own signature is not read again, nothing is fetched, and no picture goes into a manifest
    "verify": {
        "verify_after_sign": False,
        "verify_trust": True,
        "remote_manifest_fetch": False,
        "ocsp_fetch": False,
    },
    "builder": {"thumbnail": {"enabled": False}},
}


def trusting(roots: str) -> dict[str, Any]:
    """The settings under which `roots` (PEM) are trusted, and nobody else."""
    return SETTINGS | {"trust": {"user_anchors": roots} if roots else {}}

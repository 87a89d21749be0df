"""Reading manifests in this process, where the sandbox is not what is tried."""

from __future__ import annotations

from pathlib import Path

from generation.provenance import reading, reading_child
from generation.provenance.reading import Account
from sora_social import uploads


def read(path: Path, roots: str) -> Account:
    """As `reading.read`, without a child."""
    with path.open("rb") as file:
        kind = reading.TYPES[uploads.kind_of(file)]
        file.seek(0)
        return reading.account(*reading_child.decode(file, reading.order(kind, roots)))

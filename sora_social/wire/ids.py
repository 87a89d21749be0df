"""Ids as clients see them: a word for the kind, and the uuid. Paths match them strictly."""

from __future__ import annotations

import re
from typing import ClassVar
from uuid import UUID

HEX = "[0-9a-f]{32}"


def wired(kind: str, pk: UUID) -> str:
    """`video_018f…` and the like."""
    return f"{kind}{pk.hex}"


def read(kind: str, named: str) -> UUID | None:
    """The uuid of an id of that kind, or None."""
    return UUID(named.removeprefix(kind)) if re.fullmatch(kind + HEX, named) else None


class Converter:
    """Of a kind of ids in a path; its `regex` is the kind and HEX."""

    kind: ClassVar[str]

    def to_python(self, value: str) -> UUID:
        return UUID(value.removeprefix(self.kind))

    def to_url(self, value: UUID) -> str:
        return wired(self.kind, value)

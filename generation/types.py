"""What the rooms of this app hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Made:
    """A rendering that lies in the store; it becomes an Output, or nothing ever shows it."""

    folder: str  # where its files lie
    renditions: list[str]  # which there are, of generation.renditions.FILES
    sha256: str  # of the main one
    size: int  # bytes of the main one
    width: int
    height: int
    seconds: float
    kind: str = "clip"
    mark: int | None = None  # what its invisible mark says
    recipe: dict[str, Any] = field(default_factory=dict)
    doubts: dict[str, Any] = field(default_factory=dict)  # what a moderator has to see first
    prints: bytes = b""  # what it looks like; generation.barring


class StoreAway(Exception):
    """The store of files cannot be read or written now: no fault of the job."""


class Lost(Exception):
    """This worker may not go on: the lease is another's, or a leave or the author is gone."""

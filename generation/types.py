"""What the rooms of this app hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Made:
    """A rendering that lies in the store; it becomes an Output, or nothing ever shows it."""

    video_key: str
    poster_key: str
    preview_key: str
    sheet_key: str
    sha256: str  # of the video
    size: int  # bytes of the video
    width: int
    height: int
    seconds: float
    recipe: dict[str, Any] = field(default_factory=dict)


class StoreAway(Exception):
    """The store of files cannot be read or written now: no fault of the job."""


class Lost(Exception):
    """This worker may not go on: the lease is another's, or a leave or the author is gone."""

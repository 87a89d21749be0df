"""The words of ranking: items and people are numbers here, and everything comes in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]  # (n,)
Flags = NDArray[np.bool_]  # (n,)
Numbers = NDArray[np.float64]  # (n,)
Vector = NDArray[np.float32]  # (32,)
DAY = 86_400.0  # seconds


class Source(StrEnum):
    """Where a candidate came from; of several, the first in this order is named."""

    FRIEND = "friend"
    FOLLOWED = "followed"
    MY_CAMEO = "my_cameo"
    FRIEND_CAMEO = "friend_cameo"
    HOT = "hot"
    EXPLORE = "explore"
    LATEST = "latest"


SOURCES = tuple(Source)


class Slot(StrEnum):
    """What a place in the page was for."""

    GREEDY = "greedy"
    FRIEND = "friend"
    EXPLORE = "explore"
    PLAIN = "plain"  # a list that nobody ranked


class Row(NamedTuple):
    """One item as it is read: ids, its place in a tree, its counters, who may list it, words."""

    id: int
    author: int
    root: int
    depth: int
    likes: int
    comments: int
    remixes: int
    impressions: int
    public: bool
    template: int = 0  # of its prompt; 0: none
    topics: int = 0  # bits, see topics.py
    vector: bytes = b""  # as `embedding.packed`


class Rows(NamedTuple):
    """Items in the order of their ids, and (item, owner of a cameo in it) pairs."""

    items: Sequence[Row]
    cameos: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Items:
    """Items in columns, all (n,) but the vectors."""

    id: Ids
    author: Ids
    root: Ids
    depth: Ids
    likes: Ids
    comments: Ids
    remixes: Ids
    impressions: Ids
    public: Flags
    template: Ids
    topics: Ids  # bits
    vector: NDArray[np.float16]  # (n, 32), of length 1, or 0 where nothing was said
    cluster: Ids  # of the vector
    author_posts: Numbers  # of the author in the last day
    author_feedback: Numbers  # what the author's posts have received

    def __len__(self) -> int:
        return len(self.id)

    def take(self, index: NDArray[Any] | slice) -> Self:
        return type(self)(*(getattr(self, name.name)[index] for name in fields(self)))

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        return cls(*(np.concatenate([getattr(p, n.name) for p in parts]) for n in fields(cls)))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Items and the index into SOURCES that brought each of them, ids unique."""

    items: Items
    source: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Habits:
    """What a viewer did of late, faded with time, and what they have done in this sitting."""

    created: float = 0.0  # how much they made
    served: float = 0.0  # of how much that was served
    authors: Mapping[int, float] = field(default_factory=dict)  # how much they answered each
    sitting: int = 0  # items served before in this session
    made_now: bool = False  # something in this session


@dataclass(frozen=True, slots=True)
class Viewer:
    """What ranking knows of who looks. A friend is somebody one follows and is followed by."""

    id: int
    friends: Ids
    followed: Ids  # friends among them
    blocked: Ids = field(default_factory=lambda: np.empty(0, np.int64))  # either way
    hidden: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    seen: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    cameo_items: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    friend_cameo_items: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    authors_shown: dict[int, float] = field(default_factory=dict)  # decayed counts of 24 hours
    # What they made, watched and asked for, (32,) each; 0 when unknown.
    create_profile: Vector = field(default_factory=lambda: np.zeros(32, np.float32))
    watch_profile: Vector = field(default_factory=lambda: np.zeros(32, np.float32))
    steer: Vector = field(default_factory=lambda: np.zeros(32, np.float32))
    habits: Habits = Habits()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scored candidates, still without an order: each page is composed from what is left."""

    seed: int
    viewer: int
    item: Ids
    author: Ids
    root: Ids
    source: NDArray[np.uint8]
    value: Numbers
    due: Flags  # an unseen post of a friend, younger than a day: the guarantee
    friendly: Flags  # an unseen post of a friend, younger than three days
    explorable: Flags
    seen: Flags
    found: NDArray[np.float32]  # (n, features): what each was scored by
    authors_shown: dict[int, float]
    policy: str = "prior-1"  # what it was scored by

    def __len__(self) -> int:
        return len(self.item)

    def without(self, gone: Ids) -> Ranking:
        """What is left when some items have been placed, or may not be seen any more."""
        keep = ~np.isin(self.item, gone)
        columns = {
            column.name: getattr(self, column.name)[keep]
            for column in fields(self)
            if isinstance(getattr(self, column.name), np.ndarray)
        }
        return replace(self, **columns)


class Placed(NamedTuple):
    """An item in its place, and all that was decided about it."""

    item: int
    author: int
    source: str
    slot: str
    propensity: float
    score: float
    terms: list[tuple[str, float]]


class Arm(StrEnum):
    NONE = "none"
    REMIX_YOUR_FRIEND = "remix-your-friend"
    TRY_THIS = "try-this"


@dataclass(frozen=True, slots=True)
class Sitting:
    """A viewer's session so far: when it began, what they were served, whether they created."""

    began: float
    passive: int
    created: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """The arm that was drawn, and the chance that it had."""

    arm: str = ""
    propensity: float | None = None
    text: str = field(default="", compare=False)

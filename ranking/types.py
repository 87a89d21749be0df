"""The words of ranking: items and people are numbers here, and everything comes in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]  # (n,)
Flags = NDArray[np.bool_]  # (n,)
Numbers = NDArray[np.float64]  # (n,)
Vector = NDArray[np.float32]  # (32,)
Vectors = NDArray[np.float32]  # (n, 32)
DAY = 86_400.0  # seconds
DECAY, LEAST = 0.5, 0.25  # of an author's value with each post before it
WEARS = 0.5  # of the value of what one was shown nothing but of late


class Source(StrEnum):
    """Where a candidate came from; of several, the first in this order is named."""

    FRIEND = "friend"
    FOLLOWED = "followed"
    MY_CAMEO = "my_cameo"
    FRIEND_CAMEO = "friend_cameo"
    ALIKE = "alike"  # the template or cluster of something that the viewer made
    STEERED = "steered"
    HOT = "hot"
    NEAR = "near"  # what the viewer makes, and asks for
    EXPLORE = "explore"
    LATEST = "latest"


SOURCES = tuple(Source)


class Slot(StrEnum):
    """What a place in the page was for."""

    GREEDY = "greedy"
    FRIEND = "friend"
    EXPLORE = "explore"
    FLOOR = "floor"  # a new post that has not had its first impressions yet
    STEERED = "steered"  # what the viewer asked for
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
    upto: int | None = None  # the id up to which was read; None: there are no more


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
    # How often people made something: logarithms of rates over the usual one, 0 when unknown.
    author_rate: Numbers  # of the author's posts
    tree_rate: Numbers  # of the tree it grew in; 0 for a tree of one
    template_rate: Numbers  # of what was made of the same words; 0 where nothing else was

    def __len__(self) -> int:
        return len(self.id)

    def take(self, index: NDArray[Any] | slice) -> Self:
        at = np.arange(len(self))[index]
        return type(self)(*[getattr(self, name).take(at, axis=0) for name in _OF_ITEMS])

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        if len(parts) == 1:
            return parts[0]
        return cls(*[np.concatenate([getattr(p, name) for p in parts]) for name in _OF_ITEMS])


_OF_ITEMS = tuple(column.name for column in fields(Items))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Items and the index into SOURCES that brought each of them, ids unique."""

    items: Items
    source: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.items)


class Verb(StrEnum):
    """What somebody wants of something."""

    MORE = "more"
    LESS = "less"
    NO = "no"
    ONLY = "only"


class About(StrEnum):
    """What a wish is about; `key` of a chip says which."""

    TOPIC = "topic"  # its name
    PERSON = "person"  # their number
    WORDS = "words"
    LIKE = "like"  # the number of an item of which less was wanted
    REMIXES = "remixes"
    NEWCOMERS = "newcomers"


@dataclass(frozen=True, slots=True)
class Chip:
    """One wish of a person about their feed, which they can read, remove and see expire."""

    id: int
    verb: Verb
    about: About
    key: str
    made: float  # Unix seconds
    until: float
    vector: str = ""  # hex of `embedding.packed`: of words, or of the item
    template: int = 0  # of the item
    items: Ids | None = field(default=None, compare=False)  # known to be meant, whatever they say


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
    templates: Ids = field(default_factory=lambda: np.empty(0, np.int64))  # they made of late
    clusters: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    shown: Ids = field(default_factory=lambda: np.empty(0, np.int64))  # clusters of late
    habits: Habits = Habits()
    hard: tuple[Chip, ...] = ()  # what keeps items out
    chips: tuple[Chip, ...] = ()  # what raises, fades and restricts
    weights: Mapping[str, float] | None = None  # of a recipe of their own; None: the published
    recipe: str = ""  # its name
    mark: str = ""  # of the state of their choices

    def shown_of(self, authors: Ids) -> Numbers:
        """How much of each author was shown within the day."""
        if not self.authors_shown:
            return np.zeros(len(authors))
        known = np.fromiter(self.authors_shown.keys(), np.int64)
        order = known.argsort()
        known = known[order]
        amounts = np.fromiter(self.authors_shown.values(), np.float64)[order]
        at = known.searchsorted(authors)
        at[at == len(known)] = 0
        return np.where(known[at] == authors, amounts[at], 0.0)


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
    FINISH_DRAFT = "finish-your-draft"
    REMIX_YOUR_FRIEND = "remix-your-friend"
    INVITE_CAMEO = "cameo-invite"
    TRY_THIS = "try-this"
    TAKE_A_BREAK = "take-a-break"
    CAUGHT_UP = "caught-up"  # the end of a feed: never drawn


@dataclass(frozen=True, slots=True)
class Sitting:
    """A viewer's session so far: when it began, what they were served, whether they created."""

    began: float
    passive: int
    created: bool
    alike: int | None = None  # most of them of one cluster; None where that is not known
    maker: bool = False  # has created within a week


@dataclass(frozen=True, slots=True)
class Drawn:
    """The arm that was drawn, and the chance that it had.

    `offered` is the arm that it was drawn against none, shown with `chance` in this `context`.
    """

    arm: str = ""
    propensity: float | None = None
    text: str = field(default="", compare=False)
    offered: str = field(default="", compare=False)
    chance: float = field(default=0.0, compare=False)
    context: tuple[float, ...] = field(default=(), compare=False)

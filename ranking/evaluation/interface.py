"""How a world and a policy talk: plain columns of numbers, and nothing of each other's insides.

A world says who there is, then takes turns: what was posted since, and who asks for a page. A
policy answers with items; the world says what people made of them. People and items are numbers
from 0, times are seconds from the beginning. To drive the ranker with a world of your own, write a
class with the methods of `World` and run `manage.py simulate --world module:Class`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Vectors = NDArray[np.float32]

SIZE = 20  # places of a page
DIMENSIONS = 32  # of a vector
NUDGE_PLACE = 4  # an invitation stands before this place
NOTHING = -1  # no item
# What a viewer does with an item, in the order of `Log.did`; `watch` is a share of 30 seconds.
DEEDS = (
    "create", "keep", "post", "remix_open", "cameo_use", "share", "like", "hide", "report", "watch",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class People:
    """Who there is, and who follows whom; a friend is somebody one follows and is followed by."""

    count: int
    follows: Ids  # (edges, 2): follower, followed


@dataclass(frozen=True, slots=True)
class Births:
    """Posts that can be shown from now on, (k,), oldest first, numbered on from the last."""

    item: Ids
    at: Numbers
    author: Ids
    root: Ids  # itself, unless it is a remix
    depth: Ids
    public: Flags  # else for followers only
    template: Ids  # 0: none
    vector: Vectors  # (k, DIMENSIONS), unit: what an embedding of its prompt says
    cameos: Ids  # (c, 2): item, whose likeness is in it

    def __len__(self) -> int:
        return len(self.item)


@dataclass(frozen=True, slots=True)
class Asks:
    """Who wants a page now, (m,), and their session so far."""

    moment: float
    viewer: Ids
    session: Ids
    number: Ids  # of the page within the session, from 0
    began: Numbers
    passive: Ids  # items seen in this session
    created: Flags  # something was made in this session

    def __len__(self) -> int:
        return len(self.viewer)


@dataclass(frozen=True, slots=True)
class Pages:
    """The answer: items in their places, and whether an invitation to create stands among them."""

    item: Ids  # (m, SIZE), NOTHING where a place stays empty
    nudged: Flags  # (m,)


@dataclass(frozen=True, slots=True)
class Log:
    """What came of pages: one row for each item that was really seen, (k,)."""

    asked: Ids  # row of the asks
    place: Ids
    viewer: Ids
    item: Ids
    did: Vectors  # (k, len(DEEDS))
    after_nudge: Flags  # seen in the shadow of an invitation: no ranker should learn from it
    accepted: Flags  # (m,): the invitation, by making something
    dismissed: Flags  # (m,)
    never: Flags  # (m,): no invitation ever again


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment of the world: what is new, who asks, and whether it is the hour for retraining."""

    moment: float
    births: Births
    asks: Asks
    night: bool = False


Truth = Callable[[Ids, Ids], Numbers]  # viewers (m,), items (n,) to chances of creation (m, n)


class World(Protocol):
    """Made by `Class(seed, people, days)`. `show` is called once for every turn with asks."""

    def people(self) -> People: ...
    def turns(self) -> Iterator[Turn]: ...
    def show(self, asks: Asks, pages: Pages) -> Log: ...
    def truth(self, viewers: Ids, items: Ids) -> Numbers: ...
    def prolific(self) -> Flags:
        """(people,): accounts that post in bulk; only the report asks, never a policy."""


class Policy(Protocol):
    """Sees what production sees. Of the truth only the oracle makes use."""

    def begin(self, people: People, seed: int, truth: Truth) -> None: ...
    def born(self, births: Births) -> None: ...
    def pages(self, asks: Asks) -> Pages: ...
    def told(self, asks: Asks, log: Log) -> None: ...
    def night(self, moment: float) -> None: ...

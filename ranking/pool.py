"""A ranking: scored candidates, still without an order; each page is composed from what is left.

Its columns lie together in blocks of a kind, so that what is left is taken, and kept, at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ranking.types import DECAY, LEAST, WEARS, Chip, Flags, Ids, Numbers

POLICY = "prior-1"  # the prior alone
Kind = TypeVar("Kind")


class _Line(Generic[Kind]):
    """One line of a block, (n,)."""

    def __init__(self, block: str, line: int) -> None:
        self.block, self.line = block, line

    def __get__(self, ranking: Any, _owner: Any = None) -> Kind:
        line: Kind = getattr(ranking, self.block)[self.line]
        return line


@dataclass(frozen=True, slots=True)
class Ranking:
    """By whom it is seen, and n candidates."""

    seed: int
    viewer: int
    ids: NDArray[np.int64]  # (7, n)
    numbers: NDArray[np.float64]  # (7, n)
    flags: NDArray[np.bool_]  # (6, n)
    known: NDArray[np.float32]  # (features, n): what each was scored by
    vector: NDArray[np.float16]  # (n, 32)
    chips: tuple[Chip, ...] = ()
    weights: Mapping[str, float] | None = None  # of a recipe
    recipe: str = ""
    mark: str = ""
    policy: str = POLICY  # what it was scored by

    item = _Line[Ids]("ids", 0)
    author = _Line[Ids]("ids", 1)
    root = _Line[Ids]("ids", 2)
    template = _Line[Ids]("ids", 3)
    source = _Line[Ids]("ids", 4)  # index into SOURCES
    touched = _Line[Ids]("ids", 5)  # by which of the chips, as bits
    floor = _Line[Ids]("ids", 6)  # 0: had its first impressions; else how relevant it is here

    value = _Line[Numbers]("numbers", 0)
    unwished = _Line[Numbers]("numbers", 1)  # the value before wishes
    left = _Line[Numbers]("numbers", 2)  # which part of it fading wishes left
    raised = _Line[Numbers]("numbers", 3)  # by which amount by wishes
    need = _Line[Numbers]("numbers", 4)  # of its author, to be heard
    worn = _Line[Numbers]("numbers", 5)  # share of what was shown of late that is like it
    author_shown = _Line[Numbers]("numbers", 6)  # decayed count of its author's posts in 24 hours

    due = _Line[Flags]("flags", 0)  # an unseen post of a friend under a day old: the guarantee
    friendly = _Line[Flags]("flags", 1)  # an unseen post of a friend under three days old
    explorable = _Line[Flags]("flags", 2)
    seen = _Line[Flags]("flags", 3)
    steered = _Line[Flags]("flags", 4)  # what the viewer asked for
    contends = _Line[Flags]("flags", 5)  # of so much value that the first pages are made of it

    @classmethod
    def of(
        cls, seed: int, viewer: int, found: NDArray[np.float32], vector: NDArray[np.float16],
        columns: Mapping[str, NDArray[Any]], **said: Any,
    ) -> Self:  # fmt: skip
        """From its columns by name."""
        ids, numbers, flags = (
            np.stack([columns[name] for name in names]) for names in _NAMES.values()
        )
        return cls(seed, viewer, ids, numbers, flags, found.T, vector, **said)

    def __len__(self) -> int:
        return len(self.vector)

    @property
    def found(self) -> NDArray[np.float32]:
        """(n, features): what each was scored by."""
        return self.known.T

    def places_of(self, items: Iterable[int]) -> Ids:
        """Where these items stand in the columns."""
        order = self.item.argsort()
        wanted = np.fromiter(items, np.int64)
        return np.asarray(order[self.item.searchsorted(wanted, sorter=order)], np.int64)

    def worth(self) -> Numbers:
        """Value between -1 and 1, less for what is worn out or by whom much was shown today."""
        value = self.value
        largest = max(float(np.abs(value).max(initial=0)), 1e-12)
        fade = (DECAY**self.author_shown).clip(min=LEAST) * (1 - WEARS * self.worn)
        return np.where(value > 0, value * fade, value) / largest

    def but(self, **columns: NDArray[Any]) -> Self:
        """The same with other columns, by name."""
        blocks = {block: getattr(self, block).copy() for block in _NAMES}
        for name, column in columns.items():
            line = vars(type(self))[name]
            blocks[line.block][line.line] = column
        return replace(self, **blocks)

    def take(self, keep: Ids) -> Self:
        """Those at these places."""
        return replace(
            self,
            ids=self.ids.take(keep, axis=1),
            numbers=self.numbers.take(keep, axis=1),
            flags=self.flags.take(keep, axis=1),
            known=self.known.take(keep, axis=1),
            vector=self.vector.take(keep, axis=0),
        )

    def without(self, gone: Ids) -> Self:
        """What is left when some items have been placed, or may not be seen any more."""
        return self.take(self.others(gone)) if len(gone) else self

    def others(self, gone: Ids) -> Ids:
        """The places of all but these items."""
        if not len(gone):
            return np.arange(len(self))
        gone = np.sort(gone)
        at = gone.searchsorted(self.item)
        return np.flatnonzero(gone.take(at, mode="clip") != self.item)


def _names(block: str) -> list[str]:
    """Of its lines, in their order."""
    return [name for name, line in vars(Ranking).items()
            if isinstance(line, _Line) and line.block == block]  # fmt: skip


_NAMES = {block: _names(block) for block in ("ids", "numbers", "flags")}

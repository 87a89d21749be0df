"""Who is most like this? Templates of one pack in memory; the search is exact and misses nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np

from sora_social.errors import DomainError

NOBODY = -1.0  # the similarity to an empty gallery
BLOCK = 1 << 16  # rows that lie together: 128 MiB at 512 numbers, and growing moves none of them


class OtherPack(DomainError):
    status, code = 409, "other_pack"
    message = "Likenesses of different model packs cannot be compared."


class Nearest(NamedTuple):
    """Who is most like a template, and the cosine similarity; None in an empty gallery."""

    who: UUID | None
    alike: float


class Gallery:
    """Unit templates as rows of a matrix, in blocks. What is dropped is overwritten."""

    def __init__(self, pack: str, dim: int, block: int = BLOCK) -> None:
        self.pack, self.dim, self.block = pack, dim, block
        self.ids: list[UUID] = []
        self.places: dict[UUID, int] = {}
        self.blocks: list[np.ndarray] = []  # each (block, dim) float32

    def __len__(self) -> int:
        return len(self.ids)

    def put(self, ids: Sequence[UUID], templates: np.ndarray) -> None:
        """Add people with their unit templates (N, dim), or take new ones of known people."""
        for who, template in zip(ids, templates, strict=True):
            place = self.places.setdefault(who, len(self.ids))
            if place == len(self.ids):
                self.ids.append(who)
                self._make_room()
            self._row(place)[:] = template

    def drop(self, who: UUID) -> None:
        """Somebody leaves; the last one takes the place."""
        place = self.places.pop(who, None)
        if place is None:
            return
        last, end = self.ids.pop(), self._row(len(self.ids))
        if last != who:
            self._row(place)[:] = end
            self.ids[place], self.places[last] = last, place
        end.fill(0)

    def wipe(self) -> None:
        """Nobody is left."""
        for block in self.blocks:
            block.fill(0)
        self.ids, self.places, self.blocks = [], {}, []

    def nearest(
        self, templates: np.ndarray, *, pack: str, but: Collection[UUID] = ()
    ) -> list[Nearest]:
        """For each template (T, dim) the nearest person who is not among `but`."""
        if pack != self.pack:
            raise OtherPack(gallery=self.pack, templates=pack)
        best = np.full(len(templates), NOBODY, np.float32)
        where = np.full(len(templates), -1)
        hidden = np.array([self.places[who] for who in but if who in self.places], int)
        for begin, rows in self._filled():
            alike = np.ascontiguousarray((rows @ templates.T).T)  # (T, block); so it is quicker
            alike[:, hidden[(hidden >= begin) & (hidden < begin + len(rows))] - begin] = NOBODY
            top = alike.argmax(1)
            found = alike[np.arange(len(top)), top]
            where = np.where(found > best, begin + top, where)
            best = np.maximum(best, found)
        return [self._named(*one) for one in zip(where.tolist(), best.tolist(), strict=True)]

    def _named(self, place: int, alike: float) -> Nearest:
        return Nearest(None if place < 0 else self.ids[place], alike)

    def _filled(self) -> Iterator[tuple[int, np.ndarray]]:
        """The rows in use, block by block, and the place of each block's first."""
        for number, block in enumerate(self.blocks):
            begin = number * self.block
            if rows := min(self.block, len(self.ids) - begin):
                yield begin, block[:rows]

    def _row(self, place: int) -> np.ndarray:
        row: np.ndarray = self.blocks[place // self.block][place % self.block]
        return row

    def _make_room(self) -> None:
        if len(self.ids) > len(self.blocks) * self.block:
            self.blocks.append(np.zeros((self.block, self.dim), np.float32))

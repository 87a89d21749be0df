"""Read FlatBuffers: tables of numbered slots, each a number, a vector or more tables."""

from __future__ import annotations

import struct

import numpy as np


class Table:
    """One table of a buffer. Slots are numbered as in the schema; an absent one reads as 0."""

    def __init__(self, buffer: bytes, at: int) -> None:
        self.buffer = buffer
        self.at = at
        self.layout = at - self._unpack("<i", at)  # where the slots' offsets are listed

    @classmethod
    def root(cls, buffer: bytes) -> Table:
        return cls(buffer, struct.unpack_from("<I", buffer)[0])

    def number(self, slot: int, form: str = "<i") -> int:
        place = self._place(slot)
        return self._unpack(form, place) if place else 0

    def vector(self, slot: int, kind: str = "<i4") -> np.ndarray:
        place = self._follow(slot)
        if not place:
            return np.empty(0, kind)
        return np.frombuffer(self.buffer, kind, self._unpack("<I", place), place + 4)

    def text(self, slot: int) -> str:
        return self.vector(slot, "u1").tobytes().decode()

    def table(self, slot: int) -> Table | None:
        place = self._follow(slot)
        return Table(self.buffer, place) if place else None

    def tables(self, slot: int) -> list[Table]:
        first = self._follow(slot) + 4
        steps = enumerate(self.vector(slot).tolist())
        return [Table(self.buffer, first + 4 * i + step) for i, step in steps]

    def _place(self, slot: int) -> int:
        """Where a slot's value lies; 0 when the table leaves the slot out."""
        entry = 4 + 2 * slot
        if entry >= self._unpack("<H", self.layout):
            return 0
        step = self._unpack("<H", self.layout + entry)
        return step and self.at + step

    def _follow(self, slot: int) -> int:
        place = self._place(slot)
        return place and place + self._unpack("<I", place)

    def _unpack(self, form: str, at: int) -> int:
        return int(struct.unpack_from(form, self.buffer, at)[0])

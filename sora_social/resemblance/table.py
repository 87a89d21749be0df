"""All hashes in memory, in blocks that fit the processor's cache; the search is exact.

A hash is near when at most so many of its 256 bits differ. Of most hashes half of the bits say
already that they are not: the other half is only looked at where they do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sora_social.resemblance.prints import WORDS, distances

BLOCK = 1 << 14  # hashes that lie together: 512 KiB


class Table:
    """Owners, by number, and their hashes."""

    def __init__(self) -> None:
        self._hashes: dict[int, np.ndarray] = {}
        self._owners: list[int] = []  # by number
        self._columns = np.empty((WORDS, 0), np.uint64)
        self._whose = np.empty(0, np.int64)  # the number of each hash's owner
        self._fresh: list[int] = []  # not in the columns yet

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, owner: object) -> bool:
        return owner in self._hashes

    @property
    def owners(self) -> set[int]:
        return set(self._hashes)

    def of(self, owner: int) -> np.ndarray:
        """The hashes of an owner, as they were put."""
        return self._hashes[owner]

    def put(self, owner: int, hashes: np.ndarray) -> None:
        """An owner's hashes (..., 4) uint64; one that is known keeps what it has."""
        if owner not in self._hashes:
            self._hashes[owner] = hashes
            self._fresh.append(owner)

    def drop(self, owners: set[int]) -> None:
        """Forget some; all that stay are laid anew."""
        if gone := owners & self._hashes.keys():
            for owner in gone:
                del self._hashes[owner]
            self._owners, self._fresh = [], list(self._hashes)
            self._columns, self._whose = np.empty((WORDS, 0), np.uint64), np.empty(0, np.int64)

    def near(self, wanted: np.ndarray, within: int) -> set[int]:
        """Whoever has a hash within so many bits of one of the wanted (Q, 4)."""
        self._lay()
        rows = [np.empty(0, np.int64), *self._near(wanted, within)]
        return {self._owners[number] for number in np.unique(self._whose[np.concatenate(rows)])}

    def _near(self, wanted: np.ndarray, within: int) -> Iterator[np.ndarray]:
        """The places of near hashes, some of them more than once."""
        for begin in range(0, self._columns.shape[1], BLOCK):
            block = self._columns[:, begin : begin + BLOCK]
            for one in wanted:
                half = np.bitwise_count(block[0] ^ one[0])
                half += np.bitwise_count(block[1] ^ one[1])
                if len(maybe := np.flatnonzero(half <= within)):
                    yield begin + maybe[distances(block[:, maybe].T, one) <= within]

    def _lay(self) -> None:
        """Bring the fresh ones into the columns."""
        if not self._fresh:
            return
        flat = [self._hashes[owner].reshape(-1, WORDS) for owner in self._fresh]
        first = len(self._owners)
        numbers = np.repeat(np.arange(first, first + len(flat)), [len(one) for one in flat])
        self._owners += self._fresh
        self._columns = np.concatenate([self._columns, *(one.T for one in flat)], axis=1)
        self._whose = np.concatenate([self._whose, numbers])
        self._fresh = []


def as_bytes(hashes: np.ndarray) -> bytes:
    """Hashes as they are kept, little-endian."""
    return hashes.astype("<u8").tobytes()


def as_hashes(kept: bytes | memoryview, *shape: int) -> np.ndarray:
    """(K, *shape, 4) uint64 of what `as_bytes` made."""
    return np.frombuffer(bytes(kept), "<u8").reshape(-1, *shape, WORDS).astype(np.uint64)


def flat(wide: Sequence[np.ndarray]) -> np.ndarray:
    """All hashes (N, 4) of some wide ones (K, W, 4)."""
    return np.concatenate([one.reshape(-1, WORDS) for one in wide])

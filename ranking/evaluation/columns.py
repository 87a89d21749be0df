"""Columns that grow: arrays with room to spare, so that a simulated day costs no copying."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Columns:
    """Named arrays of one length; `columns["author"]` is a view of the filled part."""

    def __init__(self, **kinds: tuple[Any, ...]) -> None:
        """`name=(dtype,)` or `name=(dtype, width)`."""
        self._count, self._room = 0, 1024
        self._arrays = {name: np.zeros((self._room, *w), d) for name, (d, *w) in kinds.items()}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name][: self._count]

    def add(self, count: int, **values: Any) -> NDArray[np.int64]:
        """Append rows; columns without a value begin at zero. Answers the new positions."""
        while self._count + count > self._room:
            self._arrays = {name: _doubled(array) for name, array in self._arrays.items()}
            self._room *= 2
        at = np.arange(self._count, self._count + count)
        self._count += count
        for name, value in values.items():
            self._arrays[name][at] = value
        return at


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, np.zeros_like(array)])

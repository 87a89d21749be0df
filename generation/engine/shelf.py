"""Several models in one process, no more at once than its memory holds."""

from __future__ import annotations

import gc
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from generation.engine.capabilities import capabilities_of

if TYPE_CHECKING:
    from generation.engine.render import Engine


class Shelf:
    """Loaded engines of `gib` together at most; the one unused for longest makes room.

    A model that alone needs more than that stands alone.
    """

    def __init__(self, gib: float) -> None:
        self.gib = gib
        self._engines: OrderedDict[Path, Engine] = OrderedDict()

    @property
    def folders(self) -> list[Path]:
        """What stands on it, the one unused for longest first."""
        return list(self._engines)

    def take(self, folder: Path) -> Engine:
        """The engine of that folder, loaded if it is not here."""
        if folder not in self._engines:
            self._make_room(capabilities_of(folder).memory_gib)
            self._engines[folder] = _load(folder)
        self._engines.move_to_end(folder)
        return self._engines[folder]

    def keep_only(self, folder: Path) -> None:
        """Every other engine goes: this one ran out of memory."""
        self._drop([other for other in self._engines if other != folder])

    def _make_room(self, needed: float) -> None:
        leaving, free = [], self.gib - sum(map(_need, self._engines.values()))
        for folder, engine in self._engines.items():
            if free >= needed:
                break
            leaving.append(folder)
            free += _need(engine)
        self._drop(leaving)

    def _drop(self, folders: list[Path]) -> None:
        for folder in folders:
            del self._engines[folder]
        if folders:
            _give_memory_back()


def _need(engine: Engine) -> float:
    return engine.capabilities.memory_gib


def _load(folder: Path) -> Engine:
    from generation.engine.render import load  # noqa: PLC0415 -- torch loads on first use

    return load(folder)


def _give_memory_back() -> None:
    import torch  # noqa: PLC0415 -- whoever drops an engine has loaded it

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()

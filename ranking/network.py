"""The learned model as it serves: a small network in numpy, one sigmoid for each thing that a
viewer may do about an item. torch trains it (training.py); nothing here needs torch.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.types import Numbers

HEADS = (
    "create", "keep", "post", "remix_open", "cameo_use", "share", "like", "hide", "report",
    "watch",  # a guardrail: it is measured, and weighs nothing
)  # fmt: skip
HALF_TRUSTED = 40.0  # times that something was seen to happen: 2,000 impressions at 1 in 50
LARGEST = 16 << 20  # bytes of a file
Weights = NDArray[np.float32]
Layer = tuple[Weights, Weights]  # (inputs, outputs), (outputs,)


class BadModel(ValueError):
    """A file that does not hold a model of ours."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned. `happened` counts each head's labels: its word weighs as they say."""

    layers: tuple[Layer, ...]  # features as they are in, calibrated logits out
    happened: Numbers  # (heads,)
    name: str = "learned"  # as pages name it that it ordered

    @property
    def width(self) -> int:
        """How many features it reads."""
        return int(self.layers[0][0].shape[0])

    def logits(self, found: NDArray[np.floating[Any]]) -> Weights:
        """(n, features) to (n, heads)."""
        at = found.astype(np.float32, copy=False)
        for weights, bias in self.layers[:-1]:
            at = at @ weights
            at += bias
            np.maximum(at, 0, out=at)
        weights, bias = self.layers[-1]
        out: Weights = at @ weights + bias
        return out

    def probabilities(self, found: NDArray[np.floating[Any]]) -> dict[str, Numbers]:
        """(n, features) to the probability of each head, (n,)."""
        chances = 1 / (1 + np.exp(-self.logits(found).astype(np.float64)))
        return dict(zip(HEADS, chances.T, strict=True))

    def trust(self) -> Numbers:
        """(heads,) from 0, nothing but the prior, to 1, nothing but the model."""
        return self.happened / (self.happened + HALF_TRUSTED)

    def packed(self) -> bytes:
        """As it is kept: an .npz."""
        columns = {"heads": np.array(HEADS), "happened": self.happened}
        for at, (weights, bias) in enumerate(self.layers):
            columns |= {f"weights{at}": weights, f"bias{at}": bias}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **columns)
        return file.getvalue()


def unpacked(kept: bytes, features: int) -> Learned:
    """A model that reads so many features. Raises BadModel for anything that is not one."""
    if len(kept) > LARGEST:
        raise BadModel(f"it is larger than {LARGEST} bytes")
    try:
        with np.load(io.BytesIO(kept), allow_pickle=False) as file:
            columns = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise BadModel(f"it cannot be read: {error}") from error
    if tuple(columns.pop("heads", np.empty(0)).tolist()) != HEADS:
        raise BadModel("its heads are others")
    happened = columns.pop("happened", np.empty(0))
    learned = Learned(tuple(_layers(columns)), happened)
    _check(learned, features)
    return learned


def _layers(columns: dict[str, NDArray[Any]]) -> Iterator[Layer]:
    for at in range(len(columns) // 2):
        if f"weights{at}" not in columns or f"bias{at}" not in columns:
            raise BadModel(f"layer {at} is missing")
        yield columns[f"weights{at}"], columns[f"bias{at}"]


def _check(learned: Learned, features: int) -> None:
    """Each layer reads what the one before it writes, and every number is one."""
    wide = features
    for at, (weights, bias) in enumerate(learned.layers):
        if weights.ndim != 2 or weights.shape[0] != wide or bias.shape != weights.shape[1:]:
            raise BadModel(f"layer {at} has the shapes {weights.shape}, {bias.shape}")
        wide = weights.shape[1]
    if wide != len(HEADS) or not learned.layers or learned.happened.shape != (len(HEADS),):
        raise BadModel(f"it answers {wide} heads")
    numbers: list[NDArray[Any]] = [learned.happened]
    numbers += [part for layer in learned.layers for part in layer]
    if not all(part.dtype.kind == "f" and np.isfinite(part).all() for part in numbers):
        raise BadModel("a number in it is not finite")
    if (learned.happened < 0).any():
        raise BadModel("something happened fewer than 0 times")

"""Learning from what was served: one network, every head at once, in torch.

The loss is the negative log-likelihood, so that what comes out are probabilities; the last layer
is set right on the latest tenth, which the rest has not seen. torch loads on first use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ranking.network import HEADS, Layer, Learned
from ranking.types import Numbers

if TYPE_CHECKING:
    import torch
    from torch.nn import Sequential

__all__ = ["HEADS", "Examples", "learn"]
HIDDEN = (64, 32)
EPOCHS, STEPS = 4, 200  # at least so many steps an epoch, in batches of at most and at least
LARGEST_BATCH, SMALLEST_BATCH = 2_048, 32
RATE, DECAY = 3e-3, 1e-2
LATEST = 0.1  # of the examples set the last layer right, when they are enough
ENOUGH = 2_000
BELIEF = 50.0  # that the network is right: a head's logits are seldom wrong by more than .3
SMALLEST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class Examples:
    """Impressions: what was known of each, and what came of it. A label of NaN is unknown."""

    found: NDArray[np.float32]  # (n, features)
    labels: NDArray[np.float32]  # (n, heads), 0 … 1
    weight: NDArray[np.float32]  # (n,)
    at: Numbers  # (n,) seconds

    def __len__(self) -> int:
        return len(self.found)

    def take(self, index: NDArray[Any] | slice) -> Self:
        return type(self)(self.found[index], self.labels[index], self.weight[index], self.at[index])

    def in_time(self) -> Self:
        """The oldest first."""
        return self.take(np.argsort(self.at, kind="stable"))

    def split(self, share: float) -> tuple[Self, Self]:
        """(what came first, the latest `share` of it)."""
        ordered, cut = self.in_time(), len(self) - round(share * len(self))
        return ordered.take(slice(cut)), ordered.take(slice(cut, None))

    def happened(self) -> Numbers:
        """(heads,) how much of each head was seen."""
        return np.asarray(np.nansum(self.labels, axis=0, dtype=np.float64))


def learn(examples: Examples, start: Learned | None = None, epochs: int = EPOCHS) -> Learned:
    """A model of these examples, begun where `start` ended. The same question, the same answer."""
    early, late = examples.split(LATEST if len(examples) >= ENOUGH else 0.0)
    scale = _Scale.of(early.found)
    network = _begin(early, scale, start)
    _fit(network, early, scale, epochs)
    learned = Learned(_exported(network, scale), examples.happened())
    return _set_right(learned, late) if len(late) else learned


@dataclass(frozen=True, slots=True)
class _Scale:
    """What the network sees of a feature: how far it is from its usual, in usual distances."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    alive: NDArray[np.bool_]  # what never varied has taught nothing, and must say nothing

    @classmethod
    def of(cls, found: NDArray[np.float32]) -> _Scale:
        spread = found.std(axis=0)
        alive = spread > SMALLEST_SPREAD
        return cls(found.mean(axis=0), np.where(alive, spread, 1).astype(np.float32), alive)

    def folded(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Layer:
        """A first layer that reads features as they are."""
        raw = weights * (self.alive / self.spread).astype(np.float32)[:, None]
        return raw, bias - self.mean @ raw

    def unfolded(self, raw: NDArray[np.float32], bias: NDArray[np.float32]) -> Layer:
        return raw * self.spread[:, None], bias + self.mean @ raw


def _begin(examples: Examples, scale: _Scale, start: Learned | None) -> Sequential:
    """A network of HIDDEN layers whose first answers are the usual rates, or those of `start`."""
    import torch  # noqa: PLC0415 -- torch loads on first use

    sizes = (examples.found.shape[1], *HIDDEN, len(HEADS))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        linear = [torch.nn.Linear(*pair) for pair in pairwise(sizes)]
    between = [part for layer in linear[:-1] for part in (layer, torch.nn.ReLU())]
    shapes = [(layer.in_features, layer.out_features) for layer in linear]
    if start and [weights.shape for weights, _ in start.layers] == shapes:
        layers = [scale.unfolded(*start.layers[0]), *start.layers[1:]]
    else:
        layers = [(m.weight.detach().numpy().T, m.bias.detach().numpy()) for m in linear]
        layers[-1] = (layers[-1][0] * 0.1, _usual(examples))
    with torch.no_grad():
        for layer, (weights, bias) in zip(linear, layers, strict=True):
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(weights.T)))
            layer.bias.copy_(torch.tensor(bias))
    return torch.nn.Sequential(*between, linear[-1])


def _usual(examples: Examples) -> NDArray[np.float32]:
    """(heads,) the logits of the smoothed rates."""
    known = (~np.isnan(examples.labels)).sum(axis=0)
    rate = (examples.happened() + 0.5) / (known + 1 / 0.02)
    return np.asarray(np.log(rate / (1 - rate)), np.float32)


def _fit(network: Sequential, examples: Examples, scale: _Scale, epochs: int) -> None:
    """Steps of Adam through the examples in any order, at a rate that ends at nothing."""
    import torch  # noqa: PLC0415 -- torch loads on first use

    size = int(np.clip(len(examples) // STEPS, SMALLEST_BATCH, LARGEST_BATCH))
    steps = epochs * -(-len(examples) // size)
    stepper = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
    rate = torch.optim.lr_scheduler.OneCycleLR(stepper, RATE, total_steps=max(steps, 2))
    lot = torch.Generator().manual_seed(0)
    everything = _tensors(examples, scale)
    for _ in range(epochs):
        for index in torch.split(torch.randperm(len(examples), generator=lot), size):
            stepper.zero_grad()
            torch.autograd.backward(_loss(network, *(part[index] for part in everything)))
            stepper.step()
            rate.step()


def _tensors(examples: Examples, scale: _Scale) -> tuple[torch.Tensor, ...]:
    """(features, labels, weights of the labels): an unknown label weighs nothing."""
    import torch  # noqa: PLC0415 -- torch loads on first use

    seen = (examples.found - scale.mean) * (scale.alive / scale.spread)
    weight = examples.weight[:, None] * ~np.isnan(examples.labels)
    arrays = (seen, np.nan_to_num(examples.labels), weight)
    return tuple(torch.from_numpy(array.astype(np.float32, copy=False)) for array in arrays)


def _loss(
    network: Sequential, seen: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    from torch.nn.functional import (  # noqa: PLC0415 -- torch loads on first use
        binary_cross_entropy_with_logits as nll,
    )

    return nll(network(seen), labels, weight, reduction="sum") / len(seen)


def _exported(network: Sequential, scale: _Scale) -> tuple[Layer, ...]:
    arrays = [part.detach().numpy().T.copy() for part in network.parameters()]
    first, *others = zip(arrays[::2], arrays[1::2], strict=True)
    return (scale.folded(*first), *others)


def _set_right(learned: Learned, late: Examples) -> Learned:
    """The same model with each head's logits moved to fit examples it has not seen."""
    logits = learned.logits(late.found).astype(np.float64)
    moved = [
        _shift(logits[:, head], late.labels[:, head].astype(np.float64), late.weight)
        for head in range(len(HEADS))
    ]
    *others, (weights, bias) = learned.layers
    last = (weights, bias + np.array(moved, np.float32))
    return replace(learned, layers=(*others, last))


def _shift(logits: Numbers, labels: Numbers, weight: NDArray[np.float32]) -> float:
    """What to add to these logits: Newton's steps on the likelihood, held near 0 by BELIEF."""
    known, shift = ~np.isnan(labels), 0.0
    for _ in range(8):
        chance = 1 / (1 + np.exp(-(logits[known] + shift)))
        pull = (weight[known] * (labels[known] - chance)).sum() - BELIEF * shift
        curve = (weight[known] * chance * (1 - chance)).sum() + BELIEF
        shift = float(np.clip(shift + pull / curve, -2, 2))
    return shift

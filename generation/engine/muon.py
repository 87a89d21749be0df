"""Muon (Jordan et al. 2024): momentum whose singular values are all brought near one.

torch.optim.Muon multiplies in bf16 and matrix by matrix. A processor that only emulates bf16 spends
forty seconds a step on that; here the precision is the caller's, and matrices of one shape go
together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

STEPS, COEFFICIENTS = 5, (3.4445, -4.7750, 2.0315)  # of the Newton-Schulz iteration
MATCHED = 0.2  # the root mean square of an update as AdamW's (Liu et al. 2025)
TINY = 1e-7


class Muon(torch.optim.Optimizer):
    """For matrices only. `dtype`: what the iteration multiplies in."""

    def __init__(
        self,
        matrices: Iterable[Tensor],
        lr: float,
        dtype: torch.dtype,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.dtype = dtype

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """One step of every matrix that has a gradient."""
        for group in self.param_groups:
            alike = defaultdict[torch.Size, list[Tensor]](list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    alike[matrix.shape].append(matrix)
            for matrices in alike.values():
                self._move(matrices, group["lr"], group["momentum"], group["weight_decay"])

    def _move(self, matrices: list[Tensor], rate: float, momentum: float, decay: float) -> None:
        slopes = torch.stack([self._ahead(matrix, momentum) for matrix in matrices])
        turned = orthogonal(slopes.to(self.dtype)).to(slopes.dtype)
        pace = rate * MATCHED * max(turned.shape[1:]) ** 0.5
        for matrix, direction in zip(matrices, turned, strict=True):
            matrix.mul_(1 - rate * decay).sub_(direction, alpha=pace)

    def _ahead(self, matrix: Tensor, momentum: float) -> Tensor:
        """Nesterov's look ahead."""
        slope, state = matrix.grad, self.state[matrix]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(matrix)
        mean = state["momentum_buffer"].lerp_(slope, 1 - momentum)
        return slope.lerp(mean, momentum)


def orthogonal(matrices: Tensor) -> Tensor:
    """(B, M, N), singular values brought near one by a quintic Newton-Schulz iteration."""
    a, b, c = COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=TINY)
    for _ in range(STEPS):
        gram = x @ x.mT
        bent = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, bent, x, beta=a)
    return x.mT if tall else x

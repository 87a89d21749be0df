"""The noise of a take, drawn from its seed on the CPU: the same on every device and in a batch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from generation.engine.takes import Take


def drawn(generator: torch.Generator, shape: tuple[int, int, int, int]) -> Tensor:
    """Noise (1, C, T, h, w) for that shape without the 1, in the order of a clip's tokens."""
    channels, *cells = shape
    return torch.randn((1, *cells, channels), generator=generator).permute(0, 4, 1, 2, 3)


def pooled(noise: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, C, T, H, W) noise of fewer rows and columns that shows the same, of the same variance."""
    rows, columns = (large // small for large, small in zip(noise.shape[-2:], size, strict=True))
    return F.avg_pool3d(noise, (1, rows, columns)) * (rows * columns) ** 0.5


def noise_for(
    take: Take, channels: int, groups: int, grid: int, generator: torch.Generator | None = None
) -> Tensor:
    """(1, channels, groups, H/grid, W/grid); a preview's is the pooled noise of its final."""
    width, height = take.noise_size or (take.width, take.height)
    seeded = generator or torch.Generator().manual_seed(take.seed)
    whole = drawn(seeded, (channels, groups, height // grid, width // grid))
    return pooled(whole, (take.height // grid, take.width // grid)) if take.noise_size else whole

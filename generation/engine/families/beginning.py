"""What the clip of a take begins as, for families that take their first latents from outside."""

from __future__ import annotations

import torch
from torch import Tensor

from generation.engine.families import noise
from generation.engine.takes import Take


def noise_for(take: Take, channels: int, groups: int, grid: int) -> Tensor:
    """(1, channels, groups, H/grid, W/grid); a preview's is the pooled noise of its final."""
    width, height = take.noise_size or (take.width, take.height)
    generator = torch.Generator().manual_seed(take.seed)
    whole = noise.drawn(generator, (channels, groups, height // grid, width // grid))
    return (
        noise.pooled(whole, (take.height // grid, take.width // grid))
        if (take.noise_size)
        else whole
    )

"""Drawing a part of a clip anew: the rest is put back at every step, in latents."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from generation.engine.takes import Mask


@dataclass(frozen=True)
class Held:
    """The part of a source that stays: put back after each step, as noisy as the rest."""

    stays: Tensor  # (1, tokens, 1)
    source: Tensor  # (1, tokens, C), normalised
    noise: Tensor

    @classmethod
    def outside(cls, mask: Mask, cell: tuple[int, int], source: Tensor, noise: Tensor) -> Held:
        """All that the mask leaves. `cell` is the (frames, pixels) of one latent."""
        drawn = cells(mask, *cell).to(source.device).flatten()
        return cls(~drawn[None, :, None], _tokens(source), _tokens(noise))

    def put_back(self, latents: Tensor, level: Tensor) -> Tensor:
        """The latents with the source where it stays; tokens of references follow, untouched."""
        own = self.stays.shape[1]
        known = (1 - level) * self.source + level * self.noise
        kept = torch.where(self.stays, known.to(latents), latents[:, :own])
        return torch.cat([kept, latents[:, own:]], 1)


def cells(mask: Mask, frames: int, pixels: int) -> Tensor:
    """The mask (T, H, W) in latent cells: drawn anew where any pixel is; frame 0 stands alone."""
    drawn = F.max_pool2d(torch.from_numpy(mask).float()[:, None], pixels)[:, 0]
    groups = [group.amax(0) for group in drawn[1:].split(frames)]
    return torch.stack([drawn[0], *groups]).bool()


def _tokens(latents: Tensor) -> Tensor:
    """(1, C, T, h, w) -> (1, tokens, C)."""
    return latents.flatten(2).transpose(1, 2)

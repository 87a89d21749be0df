"""The picture codec of the shipped model: patches on a fixed basis, and a net that mends them.

It has the causal layout of LTX: frame 0 alone, then groups of four frames. The basis is found in
closed form (principal components), so that there is no autoencoder to train; the refiner, a small
convolutional net, removes the block edges. diffusers loads the class by name from a model folder.
"""

from types import SimpleNamespace

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn import functional as F

PATCH, GROUP = 16, 4  # pixels, frames
SPREAD = 0.35  # latents are scaled so that the strongest channels keep more energy than the weak


class Block(nn.Module):
    """Two convolutions around a residual, silent at the start."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(F.silu(x))))


class Refiner(nn.Module):
    """Decoded frames and their neighbours -> what to add to each frame."""

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(9 * 16, channels, 3, padding=1)
        self.body = nn.Sequential(*[Block(channels) for _ in range(blocks)])
        self.leave = nn.Conv2d(channels, 3 * 16, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, video: Tensor) -> Tensor:  # (B, 3, T, H, W)
        now = video.transpose(1, 2)  # (B, T, 3, H, W)
        before = torch.cat([now[:, :1], now[:, :-1]], 1)
        after = torch.cat([now[:, 1:], now[:, -1:]], 1)
        three = torch.cat([before, now, after], 2).flatten(0, 1)  # (B*T, 9, H, W)
        added = F.pixel_shuffle(self.leave(self.body(self.enter(F.pixel_unshuffle(three, 4)))), 4)
        return (now + added.view_as(now)).transpose(1, 2)


class PatchCodec(ModelMixin, ConfigMixin):
    """Video (B, 3, T, H, W) in [-1, 1] <-> latents (B, Z, 1 + (T-1)/4, H/16, W/16)."""

    @register_to_config
    def __init__(
        self,
        channels: int = 96,
        refiner_channels: int = 64,
        refiner_blocks: int = 4,
        scaling_factor: float = 1.0,
        timestep_conditioning: bool = False,
    ) -> None:
        super().__init__()
        size = PATCH * PATCH * 3
        self.register_buffer("frame_basis", torch.zeros(size, channels))
        self.register_buffer("frame_mean", torch.zeros(size))
        self.register_buffer("group_basis", torch.zeros(GROUP * size, channels))
        self.register_buffer("group_mean", torch.zeros(GROUP * size))
        self.register_buffer("latents_mean", torch.zeros(channels))
        self.register_buffer("latents_std", torch.ones(channels))
        self.refiner = Refiner(refiner_channels, refiner_blocks)
        self.spatial_compression_ratio = PATCH
        self.temporal_compression_ratio = GROUP

    def encode(self, video: Tensor, return_dict: bool = True) -> SimpleNamespace:
        """The latents, in the shape diffusers asks of a VAE."""
        # A still group has GROUP times the energy of its one frame: even them out.
        codes = [(patches(video[:, :, :1], 1) - self.frame_mean) @ self.frame_basis * GROUP**0.5]
        if video.shape[2] > 1:
            codes.append((patches(video[:, :, 1:], GROUP) - self.group_mean) @ self.group_basis)
        latents = torch.cat(codes, 1).permute(0, 4, 1, 2, 3).contiguous()
        known = SimpleNamespace(mode=lambda: latents, sample=lambda generator=None: latents)
        return SimpleNamespace(latent_dist=known)

    def decode(
        self, latents: Tensor, timestep: Tensor | None = None, return_dict: bool = True
    ) -> tuple[Tensor] | SimpleNamespace:
        """The frames, mended by the refiner."""
        video = self.refiner(self.decode_plain(latents))
        return SimpleNamespace(sample=video) if return_dict else (video,)

    def decode_plain(self, latents: Tensor) -> Tensor:
        """The frames as the basis alone gives them."""
        codes = latents.permute(0, 2, 3, 4, 1)  # (B, T', h, w, Z)
        first = codes[:, :1] @ self.frame_basis.T / GROUP**0.5 + self.frame_mean
        video = [from_patches(first, 1)]
        if codes.shape[1] > 1:
            rest = codes[:, 1:] @ self.group_basis.T + self.group_mean
            video.append(from_patches(rest, GROUP))
        return torch.cat(video, 2)

    @torch.no_grad()
    def fit(self, videos: Tensor, frames: Tensor) -> None:
        """Find the basis from clips (N, 3, T, H, W) and single frames (M, 3, 1, H, W)."""
        channels = self.latents_mean.numel()
        first = patches(torch.cat([frames, videos[:, :, :1]]), 1).flatten(0, 3)
        group = patches(videos[:, :, 1:], GROUP).flatten(0, 3)
        self.frame_mean.copy_(first.mean(0))
        self.group_mean.copy_(group.mean(0))
        still = _components(first - self.frame_mean, channels)
        moving = _components(group - self.group_mean, channels)
        # Turn the group basis so that a channel means in a group what it means in a frame.
        left, _, right = torch.linalg.svd(moving.T @ (still.repeat(GROUP, 1) / GROUP**0.5))
        self.frame_basis.copy_(still)
        self.group_basis.copy_(moving @ (left @ right))
        self._scale(self.encode(videos).latent_dist.mode())

    def _scale(self, latents: Tensor) -> None:
        std = latents.std((0, 2, 3, 4))
        self.latents_mean.copy_(latents.mean((0, 2, 3, 4)))
        self.latents_std.copy_((std * std.max()).sqrt() * SPREAD)


def patches(video: Tensor, group: int) -> Tensor:
    """(B, C, T, H, W) -> (B, T/group, H/16, W/16, group*16*16*C)."""
    cut = video.unflatten(2, (-1, group)).unflatten(4, (-1, PATCH)).unflatten(6, (-1, PATCH))
    return cut.permute(0, 2, 4, 6, 3, 5, 7, 1).flatten(4)


def from_patches(cut: Tensor, group: int) -> Tensor:
    """The inverse of `patches`, for three colours."""
    whole = cut.unflatten(4, (group, PATCH, PATCH, 3)).permute(0, 7, 1, 4, 2, 5, 3, 6)
    return whole.flatten(6).flatten(4, 5).flatten(2, 3)


def _components(rows: Tensor, count: int) -> Tensor:
    """The strongest `count` principal directions (D, count) of centred rows."""
    _, vectors = torch.linalg.eigh(rows.T @ rows)
    return vectors[:, -count:].flip(1)

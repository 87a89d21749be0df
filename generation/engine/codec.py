"""The picture codec of the shipped model: patches on a fixed basis, and a net that mends them.

It has the causal layout of LTX: frame 0 alone, then groups of four frames. Pictures are halved
first; the basis is found in closed form (principal components), so that there is no autoencoder to
train; the refiner, a small convolutional net, doubles the size again and removes the block edges.
diffusers loads the class by name from a model folder.
"""

from types import SimpleNamespace

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn import functional as F

PATCH, GROUP = 16, 4  # pixels of a halved picture, frames
HALF = 2
CELL = HALF * PATCH  # pixels of the picture in one latent, across and down
SLICE = 16  # frames mended at a time
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
    """Halved frames and their neighbours -> whole frames: doubled in size, and what to add."""

    def __init__(self, channels: int, blocks: int, half: int) -> None:
        super().__init__()
        self.half = half
        self.enter = nn.Conv2d(9 * 16, channels, 3, padding=1)
        self.body = nn.Sequential(*[Block(channels) for _ in range(blocks)])
        self.leave = nn.Conv2d(channels, 3 * (4 * half) ** 2, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, video: Tensor) -> Tensor:  # (B, 3, T, H/2, W/2) -> (B, 3, T, H, W)
        now = video.transpose(1, 2)  # (B, T, 3, H/2, W/2)
        before = torch.cat([now[:, :1], now[:, :-1]], 1)
        after = torch.cat([now[:, 1:], now[:, -1:]], 1)
        three = torch.cat([before, now, after], 2).flatten(0, 1)  # (B*T, 9, H/2, W/2)
        whole = torch.cat([self.mend(some) for some in three.split(SLICE)])
        return whole.unflatten(0, now.shape[:2]).transpose(1, 2)

    def mend(self, three: Tensor) -> Tensor:
        """Three frames in a row, one over the other -> the middle one (N, 3, H, W)."""
        added = self.leave(self.body(self.enter(F.pixel_unshuffle(three, 4))))
        plain = three[:, 3:6]
        if self.half > 1:
            plain = F.interpolate(plain, scale_factor=self.half, mode="bilinear")
        return plain + F.pixel_shuffle(added, 4 * self.half)


class PatchCodec(ModelMixin, ConfigMixin):
    """Video (B, 3, T, H, W) in [-1, 1] <-> latents (B, Z, 1 + (T-1)/4, H/32, W/32)."""

    @register_to_config
    def __init__(
        self,
        channels: int = 128,
        refiner_channels: int = 64,
        refiner_blocks: int = 4,
        half: int = 1,
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
        self.refiner = Refiner(refiner_channels, refiner_blocks, half)
        self.spatial_compression_ratio = half * PATCH
        self.temporal_compression_ratio = GROUP

    def encode(self, video: Tensor, return_dict: bool = True) -> SimpleNamespace:
        """The latents, in the shape diffusers asks of a VAE."""
        # A still group has GROUP times the energy of its one frame: even them out.
        video = shrunk(video, self.config.half)
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
        """The halved frames as the basis alone gives them."""
        codes = latents.permute(0, 2, 3, 4, 1)  # (B, T', h, w, Z)
        first = codes[:, :1] @ self.frame_basis.T / GROUP**0.5 + self.frame_mean
        video = [from_patches(first, 1)]
        if codes.shape[1] > 1:
            rest = codes[:, 1:] @ self.group_basis.T + self.group_mean
            video.append(from_patches(rest, GROUP))
        return torch.cat(video, 2)

    @torch.no_grad()
    def fit(self, videos: list[Tensor], frames: list[Tensor]) -> None:
        """Find the basis from clips (N, 3, T, H, W) and single frames (M, 3, 1, H, W)."""
        channels, half = self.latents_mean.numel(), self.config.half
        stills = [*frames, *(some[:, :, :1] for some in videos)]
        first = torch.cat([patches(shrunk(some, half), 1).flatten(0, 3) for some in stills])
        moves = (patches(shrunk(some[:, :, 1:], half), GROUP).flatten(0, 3) for some in videos)
        group = torch.cat([*moves])
        self.frame_mean.copy_(first.mean(0))
        self.group_mean.copy_(group.mean(0))
        still = _components(first - self.frame_mean, channels)
        moving = _components(group - self.group_mean, channels)
        # Turn the group basis so that a channel means in a group what it means in a frame.
        left, _, right = torch.linalg.svd(moving.T @ (still.repeat(GROUP, 1) / GROUP**0.5))
        self.frame_basis.copy_(still)
        self.group_basis.copy_(moving @ (left @ right))
        codes = [self.encode(some).latent_dist.mode().flatten(2) for some in videos]
        self._scale(torch.cat([some.transpose(0, 1).flatten(1) for some in codes], 1))

    def _scale(self, latents: Tensor) -> None:
        std = latents.std(1)  # (Z, every cell of every clip)
        self.latents_mean.copy_(latents.mean(1))
        self.latents_std.copy_((std * std.max()).sqrt() * SPREAD)


def shrunk(video: Tensor, half: int) -> Tensor:
    """Every `half` by `half` pixels averaged to one."""
    if half == 1:
        return video
    flat = F.avg_pool2d(video.transpose(1, 2).flatten(0, 1), half)
    return flat.unflatten(0, (video.shape[0], video.shape[2])).transpose(1, 2)


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

"""The shipped model's transformer: LTX-2's own, told where it is, which guesses the clean clip.

A latent has 128 numbers and a token 256: to tell the velocity, a network this narrow has to carry
the noise through every layer; to tell the clip it may forget it. So it guesses the clip, and the
velocity that pipelines ask for follows (Li and He 2025, "Back to Basics: Let Denoising Generative
Models Denoise").

LTX knows places only relative to each other. A large network finds out by itself where the edges
are; this one is told with every token how far down, across and into the clip it lies. diffusers
loads the class by name from a model folder.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

import torch
from diffusers import LTX2VideoTransformer3DModel
from diffusers import ModelMixin as ModelMixin  # diffusers looks here for the way to load
from diffusers.models.transformers.transformer_ltx2 import AudioVisualModelOutput
from torch import Tensor, nn

TIMES = 1000  # the pipeline's time at full noise
LEAST = 0.05  # noise below this counts as this much: the velocity divides by it
ATTENDS, THINKS = 2, 5  # rows of a block's modulation: how much of each part is let through
HEARD, HINT = 4, 0.1  # the row for what the other stream says, and how much of it at first
WAVES = 8  # sines and cosines of each of three shares
PLACED = 6 * WAVES + 3  # numbers that tell a token's place
LONG = 5.0  # seconds that count as one
TIMED = (
    "time_embed", "audio_time_embed",
    "av_cross_attn_video_scale_shift", "av_cross_attn_audio_scale_shift",
    "av_cross_attn_video_a2v_gate", "av_cross_attn_audio_v2a_gate",
)  # fmt: skip


class Once(nn.Module):
    """Asks a layer once for every time there is, where LTX asks it once for every token."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(
        self, timestep: Tensor, batch_size: int, hidden_dtype: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        times, places = timestep.unique(return_inverse=True)
        found = self.layer(times, batch_size=len(times), hidden_dtype=hidden_dtype)
        return found[0][places], found[1][places]


class Denoiser(LTX2VideoTransformer3DModel):
    """Guesses the clean latents of pictures and sound, and answers with velocities."""

    @wraps(LTX2VideoTransformer3DModel.__init__)
    def __init__(self, *args: Any, **config: Any) -> None:
        super().__init__(*args, **config)
        for name in TIMED:
            setattr(self, name, Once(getattr(self, name)))
        self.proj_in = nn.Linear(self.proj_in.in_features + PLACED, self.proj_in.out_features)
        self._open()

    def forward(
        self,
        hidden_states: Tensor,
        audio_hidden_states: Tensor,
        *,
        timestep: Tensor,
        video_coords: Tensor,
        audio_timestep: Tensor | None = None,
        return_dict: bool = True,
        **asked: Any,
    ) -> AudioVisualModelOutput | tuple[Tensor, Tensor]:
        """As the class above: latents (B, N, Z), times (B,) or (B, N), places -> velocities."""
        heard_at = timestep if audio_timestep is None else audio_timestep
        scale = self.config.vae_scale_factors
        seconds = (1 + scale[0] * (asked["num_frames"] - 1)) / asked["fps"]
        whole = seconds, scale[1] * asked["height"], scale[2] * asked["width"]
        told = place(video_coords, whole).to(hidden_states)
        clip, sound = super().forward(
            torch.cat([hidden_states, told], -1),
            audio_hidden_states,
            timestep=timestep,
            video_coords=video_coords,
            audio_timestep=audio_timestep,
            return_dict=False,
            **asked,
        )
        seen = velocity(hidden_states, clip, timestep)
        heard = velocity(audio_hidden_states, sound, heard_at)
        return AudioVisualModelOutput(seen, heard) if return_dict else (seen, heard)

    @torch.no_grad()
    def _open(self) -> None:
        """Let every part through from the start, and little of the other stream's noise.

        LTX begins with gates near nothing inside a stream and random ones between the streams; a
        short training spends itself on opening and closing them.
        """
        for block in self.transformer_blocks:
            for table in (block.scale_shift_table, block.audio_scale_shift_table):
                table[[ATTENDS, THINKS]] = 1.0
            for name in ("video", "audio"):
                across = getattr(block, f"{name}_a2v_cross_attn_scale_shift_table")
                across.zero_()
                across[HEARD] = HINT


def place(coords: Tensor, whole: tuple[float, float, float]) -> Tensor:
    """Where tokens lie in a clip of so many seconds and pixels: (B, 3, N, 2) -> (B, N, 51)."""
    middle = coords.float().mean(-1).transpose(1, 2)  # (B, N, 3)
    size = torch.tensor(whole, device=coords.device)
    turns = (middle / size)[..., None] * torch.arange(1, WAVES + 1, device=coords.device)
    waves = torch.cat([(torch.pi * turns).sin(), (torch.pi * turns).cos()], -1).flatten(2)
    seconds = middle[..., :1] / LONG
    about = torch.stack([size[0] / LONG, (size[2] / size[1]).log()]).expand(*seconds.shape[:2], 2)
    return torch.cat([waves, seconds, about], -1)


def velocity(noisy: Tensor, clean: Tensor, time: Tensor) -> Tensor:
    """From the clean latents towards the noise: (B, N, Z) in single precision."""
    level = (time.float() / TIMES).clamp(min=LEAST).view(len(noisy), -1, 1)
    return (noisy.float() - clean.float()) / level

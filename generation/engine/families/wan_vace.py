"""Wan VACE: one network that continues, fills in and redraws clips, and takes reference pictures.

It sees what is given as a video with a mask: black pixels of the mask are kept, white ones drawn.
Its clips are silent; a text-to-audio model beside it gives them their sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from diffusers import WanVACEPipeline
from PIL import Image
from torch import Tensor

from generation.engine.families.finishing import levels, numbers_of, reporting
from generation.engine.families.noise import noise_for
from generation.engine.families.silent import Silent
from generation.engine.takes import OnStep, Take

GREY = 127  # what the network was shown in places to be drawn


class WanVace(Silent):
    """A loaded WanVACEPipeline; it makes one clip at a time."""

    kind = WanVACEPipeline

    def preview_size(self, width: int, height: int) -> tuple[int, int]:
        """Half, where the network's grid allows it."""
        grid = 2 * self._grid * self.network.config.patch_size[1]
        return (width, height) if width % grid or height % grid else (width // 2, height // 2)

    def facts(self, take: Take) -> dict[str, Any]:
        """The noise levels, and where and in which numbers it runs."""
        scheduler = self._pipeline.scheduler
        with self._levels_of(take):
            scheduler.set_timesteps(take.passes)
        return {"sigmas": levels(scheduler.sigmas[:-1])} | numbers_of(self.network)

    def _made(self, take: Take, on_step: OnStep) -> Any:
        with torch.inference_mode(), self._levels_of(take):
            return self._pipeline(
                prompt=take.prompt,
                width=take.width,
                height=take.height,
                num_frames=take.frames,
                num_inference_steps=take.passes,
                guidance_scale=take.guidance,
                reference_images=list(take.references) or None,
                latents=self._beginning(take),
                callback_on_step_end=reporting(on_step, take.passes),
                output_type="np",
                **given(take) | self._call,
            )

    @property
    def _grid(self) -> int:
        return int(self._pipeline.vae_scale_factor_spatial)

    def _beginning(self, take: Take) -> Tensor:
        """Noise, or the source under so much of it: (1, C, references + T', h, w)."""
        groups = 1 + (take.frames - 1) // self._pipeline.vae_scale_factor_temporal
        channels = self.network.config.in_channels
        noise = noise_for(take, channels, len(take.references) + groups, self._grid)
        if take.source is None:
            return noise
        parts = [self._encoded(_video(reference)) for reference in self._references(take)]
        clean = torch.cat([*parts, self._encoded(_video(take.source))], 2)
        return (1 - take.strength) * clean + take.strength * noise

    def _references(self, take: Take) -> list[np.ndarray]:
        """Each as the one frame the network takes it for, on white: (1, H, W, 3)."""
        return [_on_white(picture, take.width, take.height)[None] for picture in take.references]

    def _encoded(self, video: Tensor) -> Tensor:
        vae = self._pipeline.vae
        latents = vae.encode(video.to(vae.device, vae.dtype)).latent_dist.mode().float().cpu()
        mean, std = (
            torch.tensor(numbers).view(1, -1, 1, 1, 1)
            for numbers in (vae.config.latents_mean, vae.config.latents_std)
        )
        return (latents - mean) / std

    @contextmanager
    def _levels_of(self, take: Take) -> Iterator[None]:
        """While it lasts, the scheduler begins at the strength a source is redrawn with."""
        scheduler = self._pipeline.scheduler
        if take.source is None:
            yield
            return
        shift = scheduler.config.get("flow_shift") or scheduler.config.get("shift") or 1.0
        first = take.strength / (shift - (shift - 1) * take.strength)  # it shifts what it is given
        rest = np.linspace(first, first / take.passes, take.passes)
        usual = scheduler.set_timesteps
        scheduler.set_timesteps = lambda steps, device=None: usual(sigmas=rest, device=device)
        try:
            yield
        finally:
            del scheduler.set_timesteps


def given(take: Take) -> dict[str, list[Image.Image]]:
    """The given frames and the mask of what is drawn, as the pipeline takes them."""
    video = np.full((take.frames, take.height, take.width, 3), GREY, np.uint8)
    drawn = np.ones(video.shape[:3], bool)
    if take.source is not None and take.mask is not None:
        video, drawn = np.where(take.mask[..., None], GREY, take.source), take.mask.copy()
    if take.start is not None:
        video[: len(take.start)], drawn[: len(take.start)] = take.start, False
    if take.end is not None:
        video[-len(take.end) :], drawn[-len(take.end) :] = take.end, False
    if drawn.all():
        return {}
    return {
        "video": [Image.fromarray(frame.astype(np.uint8)) for frame in video],
        "mask": [Image.fromarray(frame.astype(np.uint8) * 255).convert("RGB") for frame in drawn],
    }


def _video(frames: np.ndarray) -> Tensor:
    """(T, H, W, 3) bytes as (1, 3, T, H, W) in [-1, 1]."""
    return torch.from_numpy(frames.astype(np.float32)).permute(3, 0, 1, 2)[None] / 127.5 - 1


def _on_white(picture: Image.Image, width: int, height: int) -> np.ndarray:
    """The whole picture, as large as it fits, in the middle."""
    scale = min(width / picture.width, height / picture.height)
    shown = picture.convert("RGB").resize(
        (max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))
    )
    canvas = Image.new("RGB", (width, height), "white")
    canvas.paste(shown, ((width - shown.width) // 2, (height - shown.height) // 2))
    return np.asarray(canvas)

"""ConsisID: a clip with one face in it, from a picture of the face and what was measured of it.

The measures come from outside, in an .npz beside the picture: `id_cond` (1, D), the identity, and
`id_vit_hidden` (layers, 1, tokens, D'), what a vision network saw at several depths.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import ConsisIDPipeline
from torch import Tensor

from generation.engine.families.finishing import numbers_of, reporting
from generation.engine.families.noise import noise_for
from generation.engine.families.silent import Silent
from generation.engine.takes import OnStep, Take
from generation.engine.types import Unsupported

MEASURES = ("id_cond", "id_vit_hidden")


class ConsisId(Silent):
    """A loaded ConsisIDPipeline; it makes one clip of one person at a time."""

    kind = ConsisIDPipeline

    def preview_size(self, width: int, height: int) -> tuple[int, int]:
        """The same: its positions are stretched to one size."""
        return width, height

    def facts(self, take: Take) -> dict[str, Any]:
        """The moments it goes through, out of the thousand it was trained on."""
        scheduler = self._pipeline.scheduler
        scheduler.set_timesteps(take.passes)
        return {"timesteps": scheduler.timesteps.tolist()} | numbers_of(self.network)

    def _made(self, take: Take, on_step: OnStep) -> Any:
        with torch.inference_mode():
            return self._pipeline(
                image=_only_person(take),
                prompt=take.prompt,
                width=take.width,
                height=take.height,
                num_frames=take.frames,
                num_inference_steps=take.passes,
                guidance_scale=take.guidance,
                generator=torch.Generator().manual_seed(take.seed),
                latents=self._noise(take),
                callback_on_step_end=reporting(on_step, take.passes),
                output_type="np",
                **self._measures(take) | self._call,
            )

    def _noise(self, take: Take) -> Tensor:
        """(1, T', C, h, w)"""
        pipe = self._pipeline
        groups = 1 + (take.frames - 1) // pipe.vae_scale_factor_temporal
        channels = self.network.config.in_channels // 2  # the other half is the picture
        noise = noise_for(take, channels, groups, pipe.vae_scale_factor_spatial)
        return noise.transpose(1, 2).to(self.network.dtype)

    def _measures(self, take: Take) -> dict[str, Any]:
        """What was measured of the face, where the network was trained to read it."""
        if not self.network.config.is_train_face:
            return {}
        likeness = next(iter(take.likenesses), None) or {}
        lacking = [name for name in MEASURES if name not in likeness]
        if lacking:
            raise Unsupported("likeness", sorted(likeness), f".npz with {', '.join(MEASURES)}")
        identity, seen = (torch.from_numpy(likeness[name]) for name in MEASURES)
        return {"id_cond": identity, "id_vit_hidden": list(seen)}


def _only_person(take: Take) -> Any:
    if len(take.references) != 1:
        raise Unsupported("references", len(take.references), 1)
    return take.references[0].convert("RGB")

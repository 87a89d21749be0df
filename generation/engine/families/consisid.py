"""ConsisID: a clip with one face in it, from a picture of the face and what was measured of it.

The measures come from outside, in an .npz beside the picture: `id_cond` (1, D), the identity, and
`id_vit_hidden` (layers, 1, tokens, D'), what a vision network saw at several depths.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import ConsisIDPipeline
from torch import Tensor

from generation.engine.capabilities import card_of
from generation.engine.families import Options, placing, soundtrack
from generation.engine.families.beginning import noise_for
from generation.engine.families.finishing import as_bytes, numbers_of, reporting
from generation.engine.takes import OnStep, Take
from generation.engine.types import Rendering, Unsupported

MEASURES = ("id_cond", "id_vit_hidden")


class ConsisId:
    """A loaded ConsisIDPipeline; it makes one clip of one person at a time."""

    shares = False

    def __init__(
        self, pipeline: ConsisIDPipeline, sound: soundtrack.Soundtrack, call: dict[str, Any]
    ) -> None:
        self._pipeline = pipeline
        self._sound = sound
        self._call = call
        self.sample_rate = sound.sample_rate
        self.network = pipeline.transformer

    @classmethod
    def load(cls, folder: Path, options: Options) -> ConsisId:
        """Load the folder; its card may name more arguments under `call`."""
        pipeline = placing.open_pipeline(ConsisIDPipeline, folder, options)
        return cls(pipeline, soundtrack.load(folder, options), card_of(folder).get("call", {}))

    def render(self, takes: Sequence[Take], on_step: OnStep) -> list[Rendering]:
        """Make the clips, one after the other."""
        return [self._render(take, on_step) for take in takes]

    def preview_size(self, width: int, height: int) -> tuple[int, int]:
        """The same: its positions are stretched to one size."""
        return width, height

    def spare_memory(self) -> bool:
        """Decode in tiles from now on."""
        return placing.spare_memory(self._pipeline)

    def facts(self, take: Take) -> dict[str, Any]:
        """The moments it goes through, out of the thousand it was trained on."""
        scheduler = self._pipeline.scheduler
        scheduler.set_timesteps(take.passes)
        return {"timesteps": scheduler.timesteps.tolist()} | numbers_of(self.network)

    def _render(self, take: Take, on_step: OnStep) -> Rendering:
        with torch.inference_mode():
            made = self._pipeline(
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
        sound = self._sound.over(take, lambda *_: on_step(take.passes, take.passes))
        return Rendering(as_bytes(made.frames[0]), take.fps, sound, self.sample_rate)

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

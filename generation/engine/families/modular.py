"""LTX-2 and LTX-2.5 as diffusers' modular pipelines: the way in for models newer than its classes.

LTX-2.5 has another text encoder and a decoder that is a diffusion model itself; both come as
blocks that diffusers puts together from the folder's own index. Sound is made with the picture.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import LTX2Guidance, ModularPipeline, ModularPipelineBlocks
from diffusers.modular_pipelines import LoopSequentialPipelineBlocks
from diffusers.pipelines.ltx2.pipeline_ltx2_ic_lora import LTX2ReferenceCondition
from torch import Tensor

from generation.engine.capabilities import card_of
from generation.engine.families import Options, placing
from generation.engine.families.asking import (
    asked_levels,
    first_level,
    given_frames,
    latents_of,
)
from generation.engine.families.finishing import (
    as_bytes,
    as_samples,
    fitted,
    numbers_of,
    told,
)
from generation.engine.loading import BadModel
from generation.engine.takes import OnStep, Take
from generation.engine.types import Rendering, Unsupported

# It logs whatever leaves a block, a cancelled clip among them, and raises it again besides.
BLOCKS_LOG = "diffusers.modular_pipelines.modular_pipeline"
FIXED = {"offload": "none", "quantize": "none", "compile": False, "step_cache": "none",
         "parallel": 1}  # fmt: skip


class Telling(ModularPipelineBlocks):
    """The last block of each step: it tells that the step is over."""

    model_name = "ltx2"
    on_step: OnStep

    def __call__(self, components: Any, state: Any, i: int, t: Tensor) -> tuple[Any, Any]:
        told(self.on_step, i + 1, len(state.timesteps))
        return components, state


class ModularLtx2:
    """A loaded modular pipeline; it makes one clip at a time."""

    shares = False

    def __init__(self, pipeline: ModularPipeline, telling: Telling, card: dict[str, Any]) -> None:
        self._pipeline = pipeline
        self._telling = telling
        self._card = card
        self.network = pipeline.transformer
        self.sample_rate = int(pipeline.vocoder.config.output_sampling_rate)

    @classmethod
    def load(cls, folder: Path, options: Options) -> ModularLtx2:
        """Load every part the folder's index names, from the folder alone."""
        _check_options(options)
        logging.getLogger(BLOCKS_LOG).setLevel(logging.CRITICAL)
        telling = Telling()
        pipeline = _opened(folder, telling)
        _check_origins(pipeline, folder)
        pipeline.load_components(torch_dtype=placing.dtype_of(options), use_safetensors=True)
        pipeline.to(placing.device_of(options))
        pipeline.set_progress_bar_config(disable=True)
        pipeline.update_components(guider=LTX2Guidance(), audio_guider=LTX2Guidance())
        return cls(pipeline, telling, card_of(folder))

    def render(self, takes: Sequence[Take], on_step: OnStep) -> list[Rendering]:
        """Make the clips, one after the other."""
        return [self._render(take, on_step) for take in takes]

    def preview_size(self, width: int, height: int) -> tuple[int, int]:
        """The same: its blocks draw the noise themselves."""
        return width, height

    def spare_memory(self) -> bool:
        """Decode in tiles from now on."""
        return placing.spare_memory(self._pipeline)

    def facts(self, take: Take) -> dict[str, Any]:
        """The noise levels asked for; the scheduler shifts them by the length of the clip."""
        return {"asked_sigmas": asked_levels(take)} | numbers_of(self.network)

    def _render(self, take: Take, on_step: OnStep) -> Rendering:
        self._telling.on_step = on_step
        for guide in (self._pipeline.guider, self._pipeline.audio_guider):
            guide.guidance_scale = take.guidance
        made = self._pipeline(**self._arguments(take), output=["videos", "audio"])
        frames, sound = as_bytes(np.asarray(made["videos"][0])), as_samples(made["audio"][0])
        return Rendering(frames, take.fps, fitted(sound, take, self.sample_rate), self.sample_rate)

    def _arguments(self, take: Take) -> dict[str, Any]:
        return {
            "prompt": take.prompt,
            "width": take.width,
            "height": take.height,
            "num_frames": take.frames,
            "frame_rate": float(take.fps),
            "num_inference_steps": take.passes,
            "sigmas": asked_levels(take),
            "noise_scale": first_level(take),
            "latents": self._source(take),
            "conditions": self._given_frames(take),
            "reference_conditions": [LTX2ReferenceCondition(p, 1.0) for p in take.references],
            "generator": torch.Generator().manual_seed(take.seed),
            "output_type": "np",
        } | self._card.get("call", {})

    def _source(self, take: Take) -> Tensor | None:
        """The source's latents, as the codec gives them."""
        if take.source is None:
            return None
        vae = self._pipeline.vae
        with torch.inference_mode():
            return latents_of(vae, take.source, vae.device)

    def _given_frames(self, take: Take) -> list[Any]:
        group = self._pipeline.vae_temporal_compression_ratio
        return given_frames(take, group, self._card.get("crf"))


def _check_options(options: Options) -> None:
    for name, value in FIXED.items():
        if getattr(options, name) != value:
            raise Unsupported(
                f"options.{name}", getattr(options, name), f"{value}, for this family"
            )


def _opened(folder: Path, telling: Telling) -> ModularPipeline:
    """The folder's pipeline, whose loops tell of each step."""
    pipeline = ModularPipeline.from_pretrained(folder, local_files_only=True)
    blocks = pipeline.blocks  # a copy
    for loop in _loops(blocks):
        loop.sub_blocks.insert("telling", telling, len(loop.sub_blocks))
    return type(pipeline)(blocks, folder)


def _loops(block: ModularPipelineBlocks) -> Iterator[LoopSequentialPipelineBlocks]:
    if isinstance(block, LoopSequentialPipelineBlocks):
        yield block
        return
    for part in block.sub_blocks.values():
        yield from _loops(part)


def _check_origins(pipeline: ModularPipeline, folder: Path) -> None:
    """An index may name other folders for its parts; all must lie in this one."""
    for name in pipeline.pretrained_component_names:
        spec = pipeline.get_component_spec(name)
        if spec.pretrained_model_name_or_path is None:
            continue  # a part this model does without
        if Path(spec.pretrained_model_name_or_path) != folder or spec.subfolder != name:
            raise BadModel("link_outside", f"{name}: {spec.pretrained_model_name_or_path}")

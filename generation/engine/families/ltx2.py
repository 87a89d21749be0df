"""LTX-2 through diffusers' one class for text, frames at both ends, references and sound."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from diffusers import LTX2InContextPipeline
from diffusers.pipelines.ltx2.pipeline_ltx2_ic_lora import LTX2ReferenceCondition, calculate_shift
from PIL import Image
from torch import Tensor

from generation.engine import board
from generation.engine.capabilities import card_of
from generation.engine.families import Options, placing
from generation.engine.families.asking import asked_levels, given_frames, groups_of, latents_of
from generation.engine.families.finishing import as_samples, fitted, levels, numbers_of, told
from generation.engine.families.holding import Held
from generation.engine.families.noise import noise_for
from generation.engine.joining import Sound
from generation.engine.loading import OUR_CLASSES
from generation.engine.takes import Broken, OnStep, Take, can_share
from generation.engine.types import Frames, Rendering

GRID = 32  # pixels: the pipeline takes sides that are multiples of this
PLAIN = {  # prompt guidance and nothing else: every other guidance costs a forward pass a step
    "stg_scale": 0.0,
    "modality_scale": 1.0,
    "guidance_rescale": 0.0,
    "audio_stg_scale": 0.0,
    "audio_modality_scale": 1.0,
    "audio_guidance_rescale": 0.0,
    "spatio_temporal_guidance_blocks": None,
}
Step = Callable[[object, int, object, dict[str, Any]], dict[str, Any]]


class Ltx2:
    """A loaded LTX-2; all noise is drawn here, so that a batch and a preview share it."""

    shares = True

    def __init__(self, pipeline: Any, card: dict[str, Any]) -> None:
        self.pipeline, self.card = pipeline, card
        self.network = pipeline.transformer
        self.sample_rate = int(pipeline.vocoder.config.output_sampling_rate)

    @classmethod
    def load(cls, folder: Path, options: Options) -> Ltx2:
        """Load the folder; every LTX-2 class of diffusers has the same parts."""
        for module in OUR_CLASSES:  # diffusers takes classes only from modules already imported
            importlib.import_module(module)
        return cls(placing.open_pipeline(LTX2InContextPipeline, folder, options), card_of(folder))

    def render(self, takes: Sequence[Take], on_step: OnStep) -> list[Rendering]:
        """One take, or several of text alone and one shape in one forward."""
        if len(takes) > 1 and not can_share(takes):
            raise ValueError("only takes of text alone and of one shape share a forward")
        with torch.inference_mode():
            made = self.pipeline(**self._arguments(takes, on_step))
            pairs = zip(takes, made.frames.split(1), made.audio.split(1), strict=True)
            # One by one: each clip decoded as it would be alone, and in the memory of one.
            clips = [self._rendering(take, video, sound) for take, video, sound in pairs]
            self.pipeline.maybe_free_model_hooks()
        return clips

    def preview_size(self, width: int, height: int) -> tuple[int, int]:
        """Half the sides, where the latent grid and the model's card allow it."""
        halves = self.card.get("half_previews", True)
        if halves and width % (2 * GRID) == height % (2 * GRID) == 0:
            return width // 2, height // 2
        return width, height

    def spare_memory(self) -> bool:
        """Decode in tiles from now on."""
        return placing.spare_memory(self.pipeline)

    def facts(self, take: Take) -> dict[str, Any]:
        """The noise levels and the kind of numbers."""
        return {"sigmas": levels(self._levels(take)[:-1])} | numbers_of(self.network)

    # --- what the pipeline is called with ---

    def _arguments(self, takes: Sequence[Take], on_step: OnStep) -> dict[str, Any]:
        take = takes[0]
        begun = [self._begin(each) for each in takes]
        return (
            PLAIN
            | self.card.get("call", {})
            | {
                "prompt": [each.prompt for each in takes],
                "width": take.width,
                "height": take.height,
                "num_frames": take.frames,
                "frame_rate": float(take.fps),
                "num_inference_steps": take.passes,
                "sigmas": asked_levels(take),
                "guidance_scale": take.guidance,
                "audio_guidance_scale": take.guidance,
                "noise_scale": 0.0,  # the latents are noisy already
                "latents": torch.cat([video for video, _, _ in begun]),
                "audio_latents": torch.cat([sound for _, sound, _ in begun]),
                "conditions": given_frames(take, self._group, self.card.get("crf")) or None,
                "reference_conditions": self._references(take),
                "callback_on_step_end": self._after_step(on_step, take.passes, begun[0][2]),
                "output_type": "latent",
            }
        )

    def _begin(self, take: Take) -> tuple[Tensor, Tensor, Held | None]:
        """The noisy picture and sound to start from, and what stays of a source."""
        generator = torch.Generator().manual_seed(take.seed)
        video, sound = self._noise(take, generator)
        level, source = float(self._levels(take)[0]), self._source(take)
        begun = video if source is None else (1 - level) * source + level * video
        held = None
        if source is not None and take.mask is not None:
            ratio = self.pipeline.vae_spatial_compression_ratio
            held = Held.outside(take.mask, (self._group, ratio), source, video)
        return self._denormalised(begun), self._sound_latents(sound * level), held

    def _noise(self, take: Take, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Picture noise (1, C, T, h, w), pooled down for a preview, then sound noise (1, L, D)."""
        ratio, about = self.pipeline.vae_spatial_compression_ratio, self.network.config
        groups = self._groups(take.frames)
        video = noise_for(take, about.in_channels, groups, ratio, generator)
        sound = torch.randn((1, *self._sound_shape(take)), generator=generator)
        return video.to(self._device), sound.to(self._device)

    def _source(self, take: Take) -> Tensor | None:
        """The source's latents, normalised."""
        if take.source is None:
            return None
        pipe, vae = self.pipeline, self.pipeline.vae
        latents = latents_of(vae, take.source, self._device)
        scale = vae.config.scaling_factor
        mean, std = vae.latents_mean, vae.latents_std
        return cast(Tensor, pipe._normalize_latents(latents, mean, std, scale))

    def _denormalised(self, latents: Tensor) -> Tensor:
        pipe, vae = self.pipeline, self.pipeline.vae
        scale = vae.config.scaling_factor
        mean, std = vae.latents_mean, vae.latents_std
        return cast(Tensor, pipe._denormalize_latents(latents, mean, std, scale))

    def _sound_shape(self, take: Take) -> tuple[int, int]:
        """How many latents of sound a take has, and of how many numbers each."""
        pipe = self.pipeline
        rate = pipe.audio_sampling_rate / pipe.audio_hop_length
        length = round(
            take.frames / take.fps * rate / float(pipe.audio_vae_temporal_compression_ratio)
        )
        return length, self.network.config.audio_in_channels

    def _sound_latents(self, packed: Tensor) -> Tensor:
        """Packed, normalised (1, L, D) -> (1, C, L, bands) as the pipeline takes them."""
        pipe, codec = self.pipeline, self.pipeline.audio_vae
        bands = pipe.audio_mel_bins // pipe.audio_vae_mel_compression_ratio
        latents = pipe._denormalize_audio_latents(packed, codec.latents_mean, codec.latents_std)
        unpacked = pipe._unpack_audio_latents(latents, packed.shape[1], num_mel_bins=bands)
        return cast(Tensor, unpacked)

    def _references(self, take: Take) -> list[LTX2ReferenceCondition] | None:
        return [LTX2ReferenceCondition(picture, 1.0) for picture in self._shown(take)] or None

    def _shown(self, take: Take) -> Sequence[Image.Image]:
        """The pictures of people as the model is shown them: together on a board, if it wants."""
        if take.references and self.card.get("board"):
            return [board.compose(take.references, take.width, take.height)]
        return take.references

    # --- the noise levels ---

    def _levels(self, take: Take) -> Tensor:
        """The levels as the scheduler shifts them, with the last one: none."""
        scheduler = copy.deepcopy(self.pipeline.scheduler)
        about = scheduler.config
        shift = calculate_shift(
            self._sequence(take),
            about.get("base_image_seq_len", 1024),
            about.get("max_image_seq_len", 4096),
            about.get("base_shift", 0.95),
            about.get("max_shift", 2.05),
        )
        scheduler.set_timesteps(sigmas=asked_levels(take), mu=shift)
        return cast(Tensor, scheduler.sigmas)

    def _sequence(self, take: Take) -> int:
        """How many tokens the network sees: the clip's, those of its end, and of its references."""
        ratio = self.pipeline.vae_spatial_compression_ratio
        shown = min(1, len(take.references)) if self.card.get("board") else len(take.references)
        ending = 0 if take.end is None else self._groups(len(take.end))
        area = (take.width // ratio) * (take.height // ratio)
        return (self._groups(take.frames) + ending + shown) * area

    # --- while it works, and what comes out ---

    def _after_step(self, on_step: OnStep, total: int, held: Held | None) -> Step:
        def report(_: object, index: int, _time: object, tensors: dict[str, Any]) -> dict[str, Any]:
            if held is not None:
                level = self.pipeline.scheduler.sigmas[index + 1]
                tensors["latents"] = held.put_back(tensors["latents"], level)
            told(on_step, index + 1, total)
            return tensors

        return report

    def _rendering(self, take: Take, video: Tensor, sound: Tensor) -> Rendering:
        frames, heard = self._seen(video), self._heard(sound)
        return Rendering(frames, take.fps, fitted(heard, take, self.sample_rate), self.sample_rate)

    def _seen(self, latents: Tensor) -> Frames:
        """One clip's frames from its latents (1, C, T, h, w)."""
        vae = self.pipeline.vae
        time = torch.zeros(1).to(latents) if vae.config.timestep_conditioning else None
        video = vae.decode(latents.to(vae.dtype), time, return_dict=False)[0].float()
        if not torch.isfinite(video).all():
            raise Broken("the model made no picture: its numbers are not finite")
        pixels = ((video[0] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        frames: Frames = pixels.permute(1, 2, 3, 0).cpu().numpy()
        return frames

    def _heard(self, latents: Tensor) -> Sound:
        """One clip's sound from its latents (1, C, L, bands)."""
        codec = self.pipeline.audio_vae
        spectrogram = codec.decode(latents.to(codec.dtype), return_dict=False)[0]
        return as_samples(self.pipeline.vocoder(spectrogram)[0])

    @property
    def _device(self) -> torch.device:
        return cast(torch.device, self.pipeline._execution_device)

    @property
    def _group(self) -> int:
        return int(self.pipeline.vae_temporal_compression_ratio)

    def _groups(self, frames: int) -> int:
        return groups_of(frames, self._group)

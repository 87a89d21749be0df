"""LTX-2 through diffusers' one class for text, frames at both ends, references and sound."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from diffusers import LTX2InContextPipeline
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
from diffusers.pipelines.ltx2.pipeline_ltx2_ic_lora import LTX2ReferenceCondition, calculate_shift
from torch import Tensor

from generation.engine import board
from generation.engine.capabilities import card_of
from generation.engine.families import Options, noise, placing
from generation.engine.families.holding import Held
from generation.engine.joining import Sound
from generation.engine.takes import Broken, OnStep, Take, can_share
from generation.engine.types import Frames, Rendering

OUR_CLASSES = ("generation.engine.codec", "generation.engine.sound")
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
        network = self.network
        return {
            "sigmas": [round(level, 6) for level in self._levels(take)[:-1]],
            "dtype": str(network.dtype).removeprefix("torch."),
            "device": str(network.device),
        }

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
                "sigmas": self._asked_levels(take),
                "guidance_scale": take.guidance,
                "audio_guidance_scale": take.guidance,
                "noise_scale": 0.0,  # the latents are noisy already
                "latents": torch.cat([video for video, _, _ in begun]),
                "audio_latents": torch.cat([sound for _, sound, _ in begun]),
                "conditions": self._given_frames(take),
                "reference_conditions": self._references(take),
                "callback_on_step_end": self._after_step(on_step, take.passes, begun[0][2]),
                "output_type": "latent",
            }
        )

    def _begin(self, take: Take) -> tuple[Tensor, Tensor, Held | None]:
        """The noisy picture and sound to start from, and what stays of a source."""
        generator = torch.Generator().manual_seed(take.seed)
        video, sound = self._noise(take, generator)
        level, source = self._levels(take)[0], self._source(take)
        begun = video if source is None else (1 - level) * source + level * video
        held = None
        if source is not None and take.mask is not None:
            ratio = self.pipeline.vae_spatial_compression_ratio
            held = Held.outside(take.mask, (self._group, ratio), source, video)
        return self._denormalised(begun), self._sound_latents(sound * level), held

    def _noise(self, take: Take, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Picture noise (1, C, T, h, w), pooled down for a preview, then sound noise (1, L, D)."""
        width, height = take.noise_size or (take.width, take.height)
        ratio, device = self.pipeline.vae_spatial_compression_ratio, self._device
        channels = self.network.config.in_channels
        cells = (self._groups(take.frames), height // ratio, width // ratio)
        video = noise.drawn(generator, (channels, *cells))
        sound = torch.randn((1, *self._sound_shape(take)), generator=generator)
        if take.noise_size:
            video = noise.pooled(video, (take.height // ratio, take.width // ratio))
        return video.to(device), sound.to(device)

    def _source(self, take: Take) -> Tensor | None:
        """The source's latents, normalised."""
        if take.source is None:
            return None
        pipe, vae = self.pipeline, self.pipeline.vae
        pixels = torch.from_numpy(np.array(take.source)).permute(3, 0, 1, 2)[None]
        pixels = pixels.to(self._device, vae.dtype) / 127.5 - 1
        latents = vae.encode(pixels).latent_dist.mode().float()
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

    def _given_frames(self, take: Take) -> list[LTX2VideoCondition] | None:
        given = []
        if take.start is not None:
            given.append(self._condition(take.start, 0))
        if take.end is not None:
            given.append(self._condition(take.end, -self._groups(len(take.end))))
        return given or None

    def _condition(self, frames: Frames, place: int) -> LTX2VideoCondition:
        crf = self.card.get("crf")
        return LTX2VideoCondition(np.array(frames), index=place, strength=1.0, crf=crf)

    def _references(self, take: Take) -> list[LTX2ReferenceCondition] | None:
        if self.card.get("chart"):
            shown = board.reference_picture(take.references, take.width, take.height, self.card)
            return [LTX2ReferenceCondition(shown, 1.0)]
        return [LTX2ReferenceCondition(picture, 1.0) for picture in take.references] or None

    # --- the noise levels ---

    def _asked_levels(self, take: Take) -> list[float]:
        """The last `passes` of the levels that a whole rendering goes through, unshifted."""
        whole = take.strength if take.source is not None else 1.0
        levels: list[float] = np.linspace(whole, whole / take.passes, take.passes).tolist()
        return levels

    def _levels(self, take: Take) -> list[float]:
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
        scheduler.set_timesteps(sigmas=self._asked_levels(take), mu=shift)
        levels: list[float] = scheduler.sigmas.tolist()
        return levels

    def _sequence(self, take: Take) -> int:
        """How many tokens the network sees: the clip's, those of its end, and of its references."""
        ratio = self.pipeline.vae_spatial_compression_ratio
        shown = 1 if self.card.get("chart") else len(take.references)
        ending = 0 if take.end is None else self._groups(len(take.end))
        area = (take.width // ratio) * (take.height // ratio)
        return (self._groups(take.frames) + ending + shown) * area

    # --- while it works, and what comes out ---

    def _after_step(self, on_step: OnStep, total: int, held: Held | None) -> Step:
        def report(_: object, index: int, _time: object, tensors: dict[str, Any]) -> dict[str, Any]:
            if held is not None:
                level = self.pipeline.scheduler.sigmas[index + 1]
                tensors["latents"] = held.put_back(tensors["latents"], level)
            if tensors["latents"].is_cuda:
                torch.cuda.synchronize()  # else progress runs ahead of the device, and cancel late
            on_step(index + 1, total)
            return tensors

        return report

    def _rendering(self, take: Take, video: Tensor, sound: Tensor) -> Rendering:
        frames, heard = self._seen(video), self._heard(sound)
        return Rendering(frames, take.fps, self._fitted(heard, take), self.sample_rate)

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
        sound = self.pipeline.vocoder(spectrogram).float()[0].mean(0)
        if not torch.isfinite(sound).all():
            raise Broken("the model made no sound: its numbers are not finite")
        return cast(Sound, sound.clamp(-1, 1).cpu().numpy())

    def _fitted(self, sound: Sound, take: Take) -> Sound:
        """The sound, exactly as long as the picture."""
        length = round(take.frames / take.fps * self.sample_rate)
        return np.pad(sound[:length], (0, max(0, length - len(sound))))

    @property
    def _device(self) -> torch.device:
        return cast(torch.device, self.pipeline._execution_device)

    @property
    def _group(self) -> int:
        return int(self.pipeline.vae_temporal_compression_ratio)

    def _groups(self, frames: int) -> int:
        return (frames - 1) // self._group + 1

"""Sound for families whose clips are silent: a text-to-audio model on the same caption."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from diffusers import StableAudioPipeline

from generation.engine.capabilities import card_of
from generation.engine.families import Options
from generation.engine.families.finishing import as_samples, fitted, samples_of, told
from generation.engine.families.placing import open_pipeline
from generation.engine.loading import soundtrack_of
from generation.engine.takes import OnStep, Take

SILENT_RATE = 16_000
USUAL = {"num_inference_steps": 50, "guidance_scale": 7.0}  # unless the folder's card says else


class Soundtrack(Protocol):
    """What gives a silent clip its sound."""

    sample_rate: int

    def over(self, take: Take, on_step: OnStep) -> npt.NDArray[np.float32]:
        """Mono samples as long as the clip; `on_step(done, total)` may raise Stopped."""


def load(folder: Path, options: Options) -> Soundtrack:
    """The text-to-audio model beside the parts of a silent family, or silence without one."""
    beside = soundtrack_of(folder)
    return StableAudio.load(beside, options) if beside else Silence()


class Silence:
    """No sound, as long as the clip."""

    sample_rate = SILENT_RATE

    def over(self, take: Take, on_step: OnStep) -> npt.NDArray[np.float32]:
        """Zeros."""
        return np.zeros(samples_of(take, self.sample_rate), np.float32)


class StableAudio:
    """Stable Audio on the caption; past its longest clip there is silence."""

    def __init__(self, pipeline: StableAudioPipeline, call: dict[str, Any]) -> None:
        self._pipeline = pipeline
        self._call = USUAL | call
        self.sample_rate = int(pipeline.vae.config.sampling_rate)

    @classmethod
    def load(cls, folder: Path, options: Options) -> StableAudio:
        """Load the folder; options that speed up the picture's network are not for this one."""
        plain = replace(options, step_cache="none", compile=False, parallel=1, quantize="none")
        pipeline = open_pipeline(StableAudioPipeline, folder, plain)
        return cls(pipeline, card_of(folder).get("call", {}))

    def over(self, take: Take, on_step: OnStep) -> npt.NDArray[np.float32]:
        """The sound of the caption, from the seed of the take."""
        length = samples_of(take, self.sample_rate)
        total = self._call["num_inference_steps"]
        with torch.inference_mode():
            made = self._pipeline(
                take.prompt,
                audio_end_in_s=min(length / self.sample_rate, self._longest()),
                generator=torch.Generator().manual_seed(take.seed),
                callback=lambda index, time, latents: told(on_step, index + 1, total),
                **self._call,
            )
        return fitted(as_samples(made.audios[0]), take, self.sample_rate)

    def _longest(self) -> float:
        hops = self._pipeline.transformer.config.sample_size
        return float(hops * self._pipeline.vae.hop_length / self.sample_rate)

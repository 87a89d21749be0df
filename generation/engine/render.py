"""Loading a model folder and rendering with it. One code path for every family."""

import hashlib
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # weights come from a folder, never from a network
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads starve a shared machine

import numpy as np
import numpy.typing as npt
import torch
from diffusers import LTX2InContextPipeline
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
from diffusers.pipelines.ltx2.pipeline_ltx2_ic_lora import LTX2ReferenceCondition
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from transformers.utils import logging as transformers_logging

from generation.engine import board
from generation.engine.capabilities import capabilities_of, card_of, check
from generation.engine.source import read_frames
from generation.engine.types import Rendering, RenderRequest

OUR_CLASSES = ("generation.engine.codec", "generation.engine.sound")
PLAIN = {  # prompt guidance and nothing else: every other guidance costs a forward pass a step
    "stg_scale": 0.0,
    "modality_scale": 1.0,
    "guidance_rescale": 0.0,
    "audio_stg_scale": 0.0,
    "audio_modality_scale": 1.0,
    "audio_guidance_rescale": 0.0,
    "spatio_temporal_guidance_blocks": None,
}
OnStep = Callable[[int, int], None]


def load(folder: Path) -> "Engine":
    """Load the diffusers folder, without a network."""
    for module in OUR_CLASSES:  # diffusers takes classes only from modules already imported
        importlib.import_module(module)
    diffusers_logging.set_verbosity_error()
    for logging in (diffusers_logging, transformers_logging):
        logging.disable_progress_bar()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    pipeline = LTX2InContextPipeline.from_pretrained(folder, dtype=dtype, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return Engine(folder, pipeline.to(device))


class Engine:
    """A loaded model. `weights_hash` is the SHA-256 over its weight files."""

    def __init__(self, folder: Path, pipeline: LTX2InContextPipeline) -> None:
        self.capabilities = capabilities_of(folder)
        self.weights_hash = weights_hash(folder)
        self._pipeline = pipeline
        self._card = card_of(folder)

    def render(self, request: RenderRequest, on_step: OnStep) -> Rendering:
        """Make the clip; `on_step(done, total)` is called after each step and may raise Stopped."""
        check(
            self.capabilities,
            width=request.width,
            height=request.height,
            frames=request.frames,
            references=len(request.references),
            first_frame=request.first_frame is not None,
            source=request.source is not None,
        )
        with torch.inference_mode():
            made = self._pipeline(**self._arguments(request, on_step))
        sound = made.audio[0].float().mean(0).clamp(-1, 1).cpu().numpy()
        return Rendering(_bytes(made.frames[0]), request.fps, sound, self._sample_rate())

    def _arguments(self, request: RenderRequest, on_step: OnStep) -> dict[str, Any]:
        start = self._start(request)
        total = len(start.get("sigmas", ())) or request.steps
        return (
            PLAIN
            | self._card.get("call", {})
            | start
            | {
                "prompt": request.prompt,
                "width": request.width,
                "height": request.height,
                "num_frames": request.frames,
                "frame_rate": float(request.fps),
                "num_inference_steps": total,
                "guidance_scale": request.guidance,
                "audio_guidance_scale": request.guidance,
                "conditions": self._first_frame(request),
                "reference_conditions": self._board(request),
                "generator": torch.Generator().manual_seed(request.seed),
                "callback_on_step_end": _reporting(on_step, total),
                "output_type": "np",
            }
        )

    def _start(self, request: RenderRequest) -> dict[str, Any]:
        """For a remix: the source's latents, and the noise levels from `strength` down."""
        if request.source is None:
            return {}
        video = read_frames(request.source, request.width, request.height, request.frames)
        vae = self._pipeline.vae
        pixels = (
            torch.from_numpy(video).permute(3, 0, 1, 2)[None].to(vae.device, vae.dtype) / 127.5 - 1
        )
        latents = vae.encode(pixels).latent_dist.mode().float()
        steps = max(1, round(request.steps * request.strength))
        sigmas = np.linspace(request.strength, request.strength / steps, steps)
        return {"latents": latents, "sigmas": sigmas.tolist()}

    def _first_frame(self, request: RenderRequest) -> list[LTX2VideoCondition] | None:
        if request.first_frame is None:
            return None
        picture, crf = Image.open(request.first_frame).convert("RGB"), self._card.get("crf")
        return [LTX2VideoCondition(picture, index=0, strength=1.0, crf=crf)]

    def _board(self, request: RenderRequest) -> list[LTX2ReferenceCondition] | None:
        chart = self._card.get("chart", False)
        if not request.references and not chart:
            return None
        faces = [Image.open(path) for path in request.references]
        shown = board.compose(faces, request.width, request.height)
        return [LTX2ReferenceCondition(board.charted(shown) if chart else shown, 1.0)]

    def _sample_rate(self) -> int:
        return int(self._pipeline.vocoder.config.output_sampling_rate)


def weights_hash(folder: Path) -> str:
    """SHA-256 over the names and bytes of the weight files, in order."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _reporting(on_step: OnStep, total: int) -> Callable[..., dict[str, Any]]:
    def report(_pipe: object, index: int, _time: object, tensors: dict[str, Any]) -> dict[str, Any]:
        on_step(index + 1, total)
        return tensors

    return report


def _bytes(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    return (frames * 255).round().clip(0, 255).astype(np.uint8)

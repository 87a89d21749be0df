"""LTX-2 with random weights, built on the device; what it is given, and clocks that wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    FlowMatchEulerDiscreteScheduler,
    LTX2InContextPipeline,
    LTX2VideoTransformer3DModel,
)
from diffusers.pipelines.ltx2 import LTX2TextConnectors
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder
from torch.utils.flop_counter import FlopCounterMode

from generation.engine.families.ltx2 import PLAIN

Config = dict[str, Any]
WARM, ROUNDS = 2, 5


@dataclass(frozen=True)
class Scale:
    """A size of the model and of its clips. Empty configurations are diffusers' own: LTX-2's."""

    device: str
    dtype: torch.dtype
    width: int
    height: int
    fps: int
    steps: int
    words: int  # text states of a prompt
    matrix: int  # side of the square matrices that the card's rate is measured with
    transformer: Config = field(default_factory=dict)
    connectors: Config = field(default_factory=dict)
    vae: Config = field(default_factory=dict)
    audio_vae: Config = field(default_factory=dict)
    vocoder: Config = field(default_factory=dict)


PRODUCTION = Scale("cuda", torch.bfloat16, 768, 512, 24, 8, 1024, 8192, {"rope_type": "split"})
TWICE = ("spatiotemporal", "spatiotemporal")
TINY = Scale(
    "cpu", torch.float32, 64, 64, 8, 3, 16, 256,
    transformer={
        "in_channels": 16, "out_channels": 16, "num_attention_heads": 2, "attention_head_dim": 16,
        "cross_attention_dim": 32, "audio_in_channels": 16, "audio_out_channels": 16,
        "audio_num_attention_heads": 2, "audio_attention_head_dim": 8,
        "audio_cross_attention_dim": 16, "num_layers": 2, "caption_channels": 32,
        "vae_scale_factors": (4, 16, 16), "rope_type": "split",
    },
    connectors={
        "caption_channels": 32, "text_proj_in_factor": 3, "video_connector_num_attention_heads": 2,
        "video_connector_attention_head_dim": 16, "video_connector_num_layers": 1,
        "video_connector_num_learnable_registers": None, "audio_connector_num_attention_heads": 2,
        "audio_connector_attention_head_dim": 16, "audio_connector_num_layers": 1,
        "audio_connector_num_learnable_registers": None,
    },
    vae={
        "latent_channels": 16, "block_out_channels": (16, 32),
        "down_block_types": ("LTX2VideoDownBlock3D",) * 2, "decoder_block_out_channels": (16, 32),
        "layers_per_block": (1, 1, 1), "decoder_layers_per_block": (1, 1, 1),
        "spatio_temporal_scaling": (True, True), "decoder_spatio_temporal_scaling": (True, True),
        "decoder_inject_noise": (False,) * 3, "downsample_type": TWICE, "upsample_type": TWICE,
        "upsample_residual": (True, True), "upsample_factor": (2, 2),
        "decoder_spatial_padding_mode": "zeros",
        "spatial_compression_ratio": 16, "temporal_compression_ratio": 4,
    },
    audio_vae={
        "base_channels": 16, "output_channels": 1, "in_channels": 1, "ch_mult": (1, 2, 2),
        "num_res_blocks": 1, "resolution": 64, "latent_channels": 4, "mel_bins": 16,
    },
    vocoder={
        "in_channels": 16, "hidden_channels": 16, "out_channels": 1,
        "upsample_kernel_sizes": [16, 11, 8], "upsample_factors": [8, 5, 4],
        "resnet_kernel_sizes": [3], "resnet_dilations": [[1, 3]], "output_sampling_rate": 16_000,
    },
)  # fmt: skip


def pipeline(scale: Scale) -> LTX2InContextPipeline:
    """All parts but the text encoder, which runs once a prompt; its states are given instead."""
    torch.manual_seed(0)
    with _building(scale.device, scale.dtype):
        made = LTX2InContextPipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
            vae=AutoencoderKLLTX2Video(**scale.vae),
            audio_vae=AutoencoderKLLTX2Audio(**scale.audio_vae),
            text_encoder=None,
            tokenizer=None,
            connectors=LTX2TextConnectors(**scale.connectors),
            transformer=LTX2VideoTransformer3DModel(**scale.transformer),
            vocoder=LTX2Vocoder(**scale.vocoder),
        )
    made.set_progress_bar_config(disable=True)
    return made


def call(made: Any, scale: Scale, batch: int, seconds: int, guidance: float) -> Config:
    """What the pipeline is called with, for clips of so many seconds."""
    about = made.connectors.config
    states = (batch, scale.words, about.caption_channels * about.text_proj_in_factor)
    text = torch.randn(states, dtype=scale.dtype, device=scale.device)
    mask = torch.ones(states[:2], dtype=torch.int64, device=scale.device)
    return PLAIN | {
        "prompt_embeds": text,
        "prompt_attention_mask": mask,
        "negative_prompt_embeds": torch.zeros_like(text),
        "negative_prompt_attention_mask": mask,
        "width": scale.width,
        "height": scale.height,
        "num_frames": _frames(scale, seconds),
        "frame_rate": float(scale.fps),
        "num_inference_steps": scale.steps,
        "guidance_scale": guidance,
        "audio_guidance_scale": guidance,
        "output_type": "pt",
    }


def inputs(network: Any, scale: Scale, batch: int, seconds: int) -> Config:
    """One forward's: tokens of pictures and sound in noise, text states, times and places."""
    about, device = network.config, network.device
    step, cell, _ = about.vae_scale_factors
    grid = (_frames(scale, seconds) - 1) // step + 1, scale.height // cell, scale.width // cell
    video, sound = grid[0] * grid[1] * grid[2], 25 * seconds

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(batch, *shape, dtype=scale.dtype, device=device)

    return {
        "hidden_states": noise(video, about.in_channels),
        "audio_hidden_states": noise(sound, about.audio_in_channels),
        "encoder_hidden_states": noise(scale.words, about.caption_channels),
        "audio_encoder_hidden_states": noise(scale.words, about.caption_channels),
        "timestep": torch.full((batch, video), 500.0, device=device),
        "audio_timestep": torch.full((batch,), 500.0, device=device),
        "num_frames": grid[0],
        "height": grid[1],
        "width": grid[2],
        "fps": float(scale.fps),
        "audio_num_frames": sound,
        "return_dict": False,
    }


def flops(scale: Scale, batch: int, seconds: int) -> int:
    """Of one forward, counted on a network without memory."""
    with _building("meta", scale.dtype):
        network = LTX2VideoTransformer3DModel(**scale.transformer)
    given = inputs(network, scale, batch, seconds)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(**given)
    return counter.get_total_flops()


def card(scale: Scale) -> Config:
    """The rate of a large product in these numbers: what the card can do, measured."""
    left, right = (
        torch.randn(scale.matrix, scale.matrix, dtype=scale.dtype, device=scale.device)
        for _ in range(2)
    )
    took, _, _ = timed(lambda: left @ right, scale.device, rounds=20)
    is_gpu = scale.device == "cuda"
    return {
        "name": torch.cuda.get_device_name() if is_gpu else "cpu",
        "tflop_per_s": 2 * scale.matrix**3 / took / 1e12,
        "matrix": scale.matrix,
        "dtype": str(scale.dtype).removeprefix("torch."),
        "torch": torch.__version__,
    }


@torch.inference_mode()
def timed(
    do: Callable[[], object], device: str, rounds: int = ROUNDS
) -> tuple[float, float, float | None]:
    """Seconds of one, the mean of some; seconds of the warm-up; the most memory in GiB."""
    is_gpu = device == "cuda"
    if is_gpu:
        torch.cuda.reset_peak_memory_stats()
    warm_up = _elapsed(do, device, WARM)
    took = _elapsed(do, device, rounds) / rounds
    return took, warm_up, torch.cuda.max_memory_allocated() / 2**30 if is_gpu else None


def ticking(ticks: list[float], device: str) -> Callable[..., Config]:
    """A callback that notes when each step was really over."""

    def tick(_pipe: object, _index: int, _time: object, tensors: Config) -> Config:
        wait(device)
        ticks.append(time.perf_counter())
        return tensors

    return tick


def wait(device: str) -> None:
    """A GPU is told what to do, and does it later."""
    if device == "cuda":
        torch.cuda.synchronize()


@contextmanager
def _building(device: str, dtype: torch.dtype) -> Iterator[None]:
    """What is made here is made there and so: first in fp32, or first elsewhere, would not fit."""
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(torch.float32)


def _elapsed(do: Callable[[], object], device: str, rounds: int) -> float:
    wait(device)
    began = time.perf_counter()
    for _ in range(rounds):
        do()
    wait(device)
    return time.perf_counter() - began


def _frames(scale: Scale, seconds: int) -> int:
    """One more than a multiple of eight, as the codec groups them."""
    return 8 * (scale.fps * seconds // 8) + 1

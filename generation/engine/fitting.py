"""Fitting the codecs: closed forms for pictures and sound, then the refiner by descent."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from generation.engine.board import FINE
from generation.engine.codec import GROUP, HALF, PatchCodec, shrunk
from generation.engine.drawn import clips
from generation.engine.drawn.scene import random_scene
from generation.engine.network import Shape
from generation.engine.shards import pixels
from generation.engine.sound import SoundCodec

CLIPS, CHUNK, FRAMES = 160, 8, 17  # clips of each shape
CODEC_SEED, REFINER_SEED = 1_000_003, 2_000_003  # added to the training's: no clip is met twice
REFINER_CHANNELS, REFINER_BLOCKS = 96, 5
RATE, BATCH, PIECE = 1e-3, 12, 128
NOISE = 0.35  # the most noise on latents, in their own deviations, that the refiner learns to mend
Log = Callable[[str], None]
Material = tuple[list[Tensor], list[Tensor], Tensor]


def fit(shape: Shape, seed: int) -> tuple[PatchCodec, SoundCodec]:
    """Both codecs in closed form, the refiner still silent."""
    videos, boards, waves = _material(seed + CODEC_SEED)
    codec = PatchCodec(shape.picture_channels, REFINER_CHANNELS, REFINER_BLOCKS, half=HALF)
    sounds = SoundCodec(shape.sound_channels)
    codec.fit(videos, boards)
    sounds.fit(waves)
    return codec.eval(), sounds.eval()


def train_refiner(codec: PatchCodec, minutes: float, seed: int, log: Log) -> dict[str, Tensor]:
    """Teach the refiner to mend three frames in a row, some from noisy latents; its weights."""
    torch.manual_seed(seed)
    videos, boards, _ = _material(seed + REFINER_SEED)
    adam = torch.optim.AdamW(codec.refiner.parameters(), lr=RATE, betas=(0.9, 0.99), weight_decay=0)
    rng, start, step, done = np.random.default_rng(seed), time.monotonic(), 0, 0.0
    while done < 1:
        source = (boards if step % 8 == 7 else videos)[step % len(videos)]
        clean, rough = _lesson(codec, source[rng.choice(len(source), BATCH)], rng)
        adam.param_groups[0]["lr"] = RATE * min(1, (step + 1) / 20) * max(0.03, 1 - done)
        loss = _descend(adam, codec, clean, rough)
        step, done = step + 1, (time.monotonic() - start) / 60 / minutes
        if step % 100 == 0:
            log(f"refiner step {step} loss {loss:.4f} {compare(codec, videos[-1][:16])}")
    return codec.refiner.state_dict()


@torch.no_grad()
def compare(codec: PatchCodec, videos: Tensor) -> str:
    """How well clips come back without and with the refiner."""
    codes = _codes(codec, videos)
    plain, half = codec.decode_plain(codes), shrunk(videos, codec.config.half)
    mended = codec.refiner(plain)
    return f"{psnr(plain, half):.2f} dB halved -> {psnr(mended, videos):.2f} dB whole"


def psnr(made: Tensor, true: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of videos in [-1, 1]."""
    return float(-10 * torch.log10((made.clamp(-1, 1) - true).square().mean() / 4))


def _material(seed: int) -> Material:
    """For each shape clips (N, 3, T, H, W) and boards (N, 3, 1, H, W); all sounds (N, S)."""
    orders = [(seed, n, size) for size in clips.SHAPES for n in range(CLIPS // CHUNK)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        drawn = list(pool.map(_draw, orders))
    videos = [[one[0] for one, order in zip(drawn, orders, strict=True) if order[2] == size]
              for size in clips.SHAPES]  # fmt: skip
    boards = [[one[1] for one, order in zip(drawn, orders, strict=True) if order[2] == size]
              for size in clips.SHAPES]  # fmt: skip
    return (
        [pixels(np.concatenate(some)) for some in videos],
        [pixels(np.concatenate(some)[:, None]) for some in boards],
        torch.from_numpy(np.concatenate([one[2] for one in drawn])),
    )


def _draw(order: tuple[int, int, tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    seed, number, size = order
    rng = np.random.default_rng((seed, number, *size))
    scenes = [random_scene(rng) for _ in range(CHUNK)]
    boards = [clips.board_of(scene, size) for scene in scenes]
    frames = [clips.draw(scene, size, FRAMES, FINE) for scene in scenes]
    sounds = [clips.sounds.synthesise(scene, FRAMES / clips.FPS, rng) for scene in scenes]
    return np.stack(frames), np.stack(boards), np.stack(sounds)


def _descend(adam: torch.optim.Optimizer, codec: PatchCodec, clean: Tensor, rough: Tensor) -> float:
    loss = _unlikeness(codec.refiner(rough), clean)
    adam.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(codec.refiner.parameters(), 1.0)
    adam.step()
    return loss.item()


@torch.no_grad()
def _lesson(codec: PatchCodec, videos: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Three frames in a row of a piece of each clip, clean and as the plain basis decodes them."""
    clean = _piece(videos, rng)
    codes = _codes(codec, clean)
    size = torch.from_numpy(rng.uniform(0, NOISE, (len(videos), 1, 1, 1, 1))).float()
    spread = codec.latents_std.view(1, -1, 1, 1, 1)
    rough = codec.decode_plain(codes + size * spread * torch.randn_like(codes))
    first = int(rng.integers(max(1, clean.shape[2] - 2)))
    return clean[:, :, first : first + 3], rough[:, :, first : first + 3]


def _piece(videos: Tensor, rng: np.random.Generator) -> Tensor:
    """Five frames and 128 x 128 pixels from anywhere: any piece of a clip is a clip."""
    start = int(rng.integers(max(1, videos.shape[2] - GROUP)))
    y, x = (int(rng.integers(0, side - PIECE + 1)) // 2 * 2 for side in videos.shape[3:])
    return videos[:, :, start : start + 1 + GROUP, y : y + PIECE, x : x + PIECE]


@torch.no_grad()
def _codes(codec: PatchCodec, videos: Tensor) -> Tensor:
    return codec.encode(videos).latent_dist.mode()


def _unlikeness(made: Tensor, true: Tensor) -> Tensor:
    """Distance of colours and of edges."""
    across, down = made.diff(dim=-1) - true.diff(dim=-1), made.diff(dim=-2) - true.diff(dim=-2)
    return F.l1_loss(made, true) + 0.5 * (across.abs().mean() + down.abs().mean())

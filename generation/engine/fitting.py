"""Fitting the codecs: closed forms for pictures and sound, then the refiner by descent."""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from generation.engine.codec import GROUP, PatchCodec
from generation.engine.network import Shape
from generation.engine.samples import drawn, pixels
from generation.engine.sound import SoundCodec

CLIPS = 500
CODEC_SEED, REFINER_SEED = 1_000_003, 2_000_003  # added to the training's: no clip is met twice
RATE, BATCH, PIECE = 1e-3, 16, 64
NOISE = 0.3  # the most noise on latents, in their own deviations, that the refiner learns to mend
Log = Callable[[str], None]


def fit(shape: Shape, seed: int) -> tuple[PatchCodec, SoundCodec]:
    """Both codecs in closed form, the refiner still silent."""
    videos, boards, waves = _material(seed + CODEC_SEED)
    codec, sounds = PatchCodec(shape.picture_channels), SoundCodec(shape.sound_channels)
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
        source = boards if step % 6 == 5 else videos
        clean, rough = _lesson(codec, source[rng.choice(len(source), BATCH)], rng)
        adam.param_groups[0]["lr"] = RATE * min(1, (step + 1) / 20) * max(0.03, 1 - done)
        loss = _descend(adam, codec, clean, rough)
        step, done = step + 1, (time.monotonic() - start) / 60 / minutes
        if step % 100 == 0:
            log(f"refiner step {step} loss {loss:.4f} {compare(codec, videos[:32])}")
    return codec.refiner.state_dict()


@torch.no_grad()
def compare(codec: PatchCodec, videos: Tensor) -> str:
    """How well clips come back without and with the refiner."""
    codes = _codes(codec, videos)
    plain, mended = codec.decode_plain(codes), codec.decode(codes).sample
    return f"{psnr(plain, videos):.2f} -> {psnr(mended, videos):.2f} dB"


def psnr(made: Tensor, true: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of videos in [-1, 1]."""
    return float(-10 * torch.log10((made.clamp(-1, 1) - true).square().mean() / 4))


def _material(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Clips (N, 3, T, H, W), boards (M, 3, 1, H, W) and their sounds (N, S)."""
    chunks = list(drawn(CLIPS, seed))
    boards = np.concatenate([chunk.boards[chunk.people > 0] for chunk in chunks])
    return (
        pixels(np.concatenate([chunk.frames for chunk in chunks])),
        pixels(boards[:, None]),
        torch.from_numpy(np.concatenate([chunk.sounds for chunk in chunks])),
    )


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
    """Five frames and 64 x 64 pixels from anywhere: any piece of a clip is a clip."""
    start = int(rng.integers(max(1, videos.shape[2] - GROUP)))
    y, x = (int(rng.integers(0, videos.shape[3] - PIECE + 1)) for _ in range(2))
    return videos[:, :, start : start + 1 + GROUP, y : y + PIECE, x : x + PIECE]


@torch.no_grad()
def _codes(codec: PatchCodec, videos: Tensor) -> Tensor:
    return codec.encode(videos).latent_dist.mode()


def _unlikeness(made: Tensor, true: Tensor) -> Tensor:
    """Distance of colours and of edges."""
    across, down = made.diff(dim=-1) - true.diff(dim=-1), made.diff(dim=-2) - true.diff(dim=-2)
    return F.l1_loss(made, true) + 0.5 * (across.abs().mean() + down.abs().mean())

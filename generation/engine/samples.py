"""Clips drawn, encoded and kept: what the network trains on."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import torch
from torch import Tensor

from generation.engine.codec import PatchCodec
from generation.engine.data import captions, clips
from generation.engine.sound import SoundCodec, spectrogram

CHUNK = 25  # clips drawn by a worker at a time
WORDINGS = 3  # captions kept for each clip


@dataclass
class Drawn:
    """A chunk of clips: frames (N, T, H, W, 3), boards (N, H, W, 3) uint8, sounds (N, S)."""

    frames: np.ndarray
    boards: np.ndarray
    sounds: np.ndarray
    captions: list[list[str]]
    people: np.ndarray  # (N,) how many
    plain: np.ndarray  # (N,) bool: no head that a caption could not call for


@dataclass
class Samples:
    """Normalised latents in half precision; captions are WORDINGS strings a clip."""

    video: Tensor  # (N, F*36, Z), frame by frame
    board: Tensor  # (N, 36, Z)
    chart: Tensor  # (36, Z), the board without heads
    sound: Tensor  # (N, L, Z')
    captions: list[list[str]]
    people: np.ndarray
    plain: np.ndarray


def drawn(count: int, seed: int, workers: int = 2) -> Iterator[Drawn]:
    """Chunks of clips; the same for the same seed whatever the number of workers."""
    seeds = [(seed, chunk) for chunk in range(-(-count // CHUNK))]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(draw_chunk, seeds)


def draw_chunk(seed: tuple[int, int]) -> Drawn:
    """CHUNK random clips."""
    rng = np.random.default_rng(seed)
    made = [clips.random_clip(rng) for _ in range(CHUNK)]
    return Drawn(
        np.stack([clip.frames for clip in made]),
        np.stack([clip.board for clip in made]),
        np.stack([clip.sound for clip in made]),
        [[captions.caption(clip.scene, rng) for _ in range(WORDINGS)] for clip in made],
        np.array([len(clip.scene.people) for clip in made]),
        np.array([all(person.drawn for person in clip.scene.people) for clip in made]),
    )


@torch.no_grad()
def encoded(chunks: Iterator[Drawn], codec: PatchCodec, sounds: SoundCodec) -> Samples:
    """Encode the chunks as they come."""
    parts = [
        (_video(codec, chunk), _board(codec, chunk), _sound(sounds, chunk), chunk)
        for chunk in chunks
    ]
    video, board, sound, kept = zip(*parts, strict=True)
    return Samples(
        torch.cat(video),
        torch.cat(board),
        tokens(codec, pixels(clips.board_of(())[None, None]))[0].half(),
        torch.cat(sound),
        [words for chunk in kept for words in chunk.captions],
        np.concatenate([chunk.people for chunk in kept]),
        np.concatenate([chunk.plain for chunk in kept]),
    )


def pixels(frames: np.ndarray) -> Tensor:
    """(N, T, H, W, 3) uint8 -> (N, 3, T, H, W) in [-1, 1]."""
    return torch.tensor(frames).permute(0, 4, 1, 2, 3).float() / 127.5 - 1


def tokens(codec: PatchCodec, video: Tensor) -> Tensor:
    """Pixels -> normalised latents in rows (N, F*h*w, Z), as the pipeline packs them."""
    latents = codec.encode(video).latent_dist.mode().flatten(2).transpose(1, 2)
    return (latents - codec.latents_mean) / codec.latents_std


def _video(codec: PatchCodec, chunk: Drawn) -> Tensor:
    found = tokens(codec, pixels(chunk.frames)).half()
    chunk.frames = chunk.frames[:0]  # the pixels are not needed any more
    return found


def _board(codec: PatchCodec, chunk: Drawn) -> Tensor:
    return tokens(codec, pixels(chunk.boards[:, None])).half()


def _sound(codec: SoundCodec, chunk: Drawn) -> Tensor:
    mel = spectrogram(torch.from_numpy(chunk.sounds))[:, None]
    latents = codec.encode(mel).latent_dist.mode()[..., 0].transpose(1, 2)
    return ((latents - codec.latents_mean) / codec.latents_std).half()

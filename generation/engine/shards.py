"""Clips drawn, encoded and kept in shards: what the network trains on.

A shard is the same whoever makes it and whenever: its seed is its number. Drawing goes on in other
processes while the network trains.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from generation.engine.codec import CELL, GROUP, PatchCodec
from generation.engine.drawn import clips
from generation.engine.drawn.scene import Scene, labels, random_scene
from generation.engine.sound import SoundCodec, spectrogram

WORDINGS = 4  # captions of each clip
STILL, SHORT, LONG = 1, 5, 11  # latent frames: a picture, two seconds, five seconds
CUTS = {STILL: (), SHORT: (3, 5), LONG: (7, 11)}  # what a clip may be cut to, besides a still
CLIPS = {STILL: 320, SHORT: 40, LONG: 20}  # in a shard
ROUND = (STILL, SHORT, SHORT, SHORT, LONG)  # one shard after another


@dataclass
class Shard:
    """Clips of one shape and length as normalised latents in half precision, A cells a frame."""

    shape: tuple[int, int]  # cells down and across
    video: Tensor  # (N, F, A, Z)
    board: Tensor  # (N, A, Z)
    shown: Tensor  # (N,) bool: whether somebody stands on the board
    ends: Tensor  # (N, cuts, 3, A, Z): at each cut, the last frame, then the last five frames
    actors: Tensor  # (N, F, A) bool: where something other than the ground is
    sound: Tensor  # (N, L, Z')
    captions: list[list[str]]
    labels: list[dict[str, str]]

    @property
    def length(self) -> int:
        return self.video.shape[1]


def frames_of(latents: int) -> int:
    """Pixel frames in so many latent frames."""
    return 1 + GROUP * (latents - 1)


def make_shards(work: Path, count: int, seed: int, workers: int) -> Iterator[Path]:
    """Make the shards that are not there yet, in order, each as a file."""
    folder = work / "shards"
    folder.mkdir(parents=True, exist_ok=True)
    orders = [(work, folder / f"{n:05d}.pt", seed, n) for n in range(count)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_make_one, [order for order in orders if not order[1].exists()])


def _make_one(order: tuple[Path, Path, int, int]) -> Path:
    work, path, seed, number = order
    torch.set_num_threads(1)
    put(draw_shard(*_codecs(work), seed, number), path)
    return path


def put(value: object, path: Path) -> None:
    """Write a file in one stroke: whoever reads it sees all of it or nothing."""
    half = path.with_suffix(f".{os.getpid()}.half")
    torch.save(value, half)
    half.replace(path)


@cache
def _codecs(work: Path) -> tuple[PatchCodec, SoundCodec]:
    codec, sounds = torch.load(work / "codecs.pt", weights_only=False)
    return codec, sounds


@torch.no_grad()
def draw_shard(
    codec: PatchCodec, sounds: SoundCodec, seed: int, number: int, count: int | None = None
) -> Shard:
    """The shard of that number, of so many clips or as many as its length has."""
    rng = np.random.default_rng((seed, number))
    size = clips.SHAPES[number % len(clips.SHAPES)]
    length = ROUND[number % len(ROUND)]
    made = [
        clips.make(random_scene(rng), size, frames_of(length), rng, WORDINGS)
        for _ in range(count or CLIPS[length])
    ]
    parts = [_encode(codec, sounds, clip, length) for clip in made]
    video, board, ends, actors, sound = (torch.stack(part) for part in zip(*parts, strict=True))
    words, told = [clip.captions for clip in made], [labels(clip.scene) for clip in made]
    shape, shown = (size[1] // CELL, size[0] // CELL), torch.tensor([c.scene.shown for c in made])
    return Shard(shape, video, board, shown, ends, actors, sound, words, told)


def _encode(
    codec: PatchCodec, sounds: SoundCodec, clip: clips.Clip, length: int
) -> tuple[Tensor, ...]:
    video = tokens(codec, clip.frames)
    lasts = [clip.frames[: frames_of(cut)] for cut in CUTS[length]]
    ends = [torch.cat([tokens(codec, some[-1:]), tokens(codec, some[-5:])]) for some in lasts]
    ends = ends or [video.new_zeros(3, *video.shape[1:])]  # a still has no end
    board = tokens(codec, clip.board[None])[0]
    mel = spectrogram(torch.from_numpy(clip.sound)[None])[:, None]
    heard = sounds.encode(mel).latent_dist.mode()[..., 0].transpose(1, 2)[0]
    heard = (heard - sounds.latents_mean) / sounds.latents_std
    return video, board, torch.stack(ends), actors_in(clip.scene, clip.frames), heard.half()


def tokens(codec: PatchCodec, frames: np.ndarray) -> Tensor:
    """Frames (T, H, W, 3) uint8 -> normalised latents (F, A, Z) in half precision."""
    return normalised(codec, frames).flatten(2).permute(1, 2, 0).half()


def normalised(codec: PatchCodec, frames: np.ndarray) -> Tensor:
    """Frames (T, H, W, 3) uint8 -> latents (Z, F, h, w) as the network sees them."""
    latents = codec.encode(pixels(frames[None])).latent_dist.mode()[0]
    mean, std = (one.view(-1, 1, 1, 1) for one in (codec.latents_mean, codec.latents_std))
    return (latents - mean) / std


def pixels(frames: np.ndarray) -> Tensor:
    """(N, T, H, W, 3) uint8 -> (N, 3, T, H, W) in [-1, 1]."""
    return torch.tensor(frames).permute(0, 4, 1, 2, 3).float() / 127.5 - 1


def actors_in(scene: Scene, frames: np.ndarray) -> Tensor:
    """In which cells of which latent frames somebody or something is: (F, A) bool."""
    size = frames.shape[2], frames.shape[1]
    empty = clips.draw_ground(scene, size, len(frames), step=GROUP)
    apart = np.abs(frames[::GROUP].astype(np.int16) - empty).max(-1) > 24  # (F, H, W)
    cells = apart.reshape(len(empty), size[1] // CELL, CELL, size[0] // CELL, CELL)
    return torch.from_numpy(cells.mean((2, 4)) > 0.02).flatten(1)


class Library:
    """All shards so far, by shape and length; more may come while it is read."""

    def __init__(self, work: Path) -> None:
        self.folder, self.known = work / "shards", set[str]()
        self.rooms: dict[tuple[tuple[int, int], int], list[Shard]] = {}

    def look(self) -> int:
        """Take in what is new; how many clips there are."""
        for path in sorted(self.folder.glob("*.pt")):
            if path.name not in self.known:
                self.known.add(path.name)
                shard = torch.load(path, weights_only=False)
                self.rooms.setdefault((shard.shape, shard.length), []).append(shard)
        return sum(len(shard.video) for shard in itertools.chain(*self.rooms.values()))

    def shelves(self, latents: int) -> list[tuple[tuple[int, int], int]]:
        """The rooms whose clips can be cut to so many latent frames."""
        return [room for room in self.rooms if latents == 1 or latents in CUTS[room[1]]]

"""Rectified flow on the LTX-2 classes, token by token as their pipeline does it.

The network sees (1 - t) x + t n and learns the velocity n - x (Liu et al. 2022, Lipman et al.
2022). Tokens that are given (the beginning, the board, what is put at the end) have time 0 and no
loss. Pictures of the end are tokens of their own, appended, as LTX has it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from generation.engine.codec import CELL, GROUP
from generation.engine.drawn.clips import FPS
from generation.engine.network import Network
from generation.engine.shards import CUTS, Library, Shard
from generation.engine.sound import COLUMNS, HOP, RATE

DROPPED = 0.1  # captions left out, so that guidance has something to compare with
SOUND_SHARE = 0.3  # of the sound's loss in the sum
SOFT = 0.5  # with less noise than this, a wrong guess counts as it would here
NOISY = 0.8  # the middle of the noise levels met, as a logit: what is where is decided early
HEED = 5.0  # how much more a cell with somebody or something in it counts than an empty one
# What is given: latent frames at the start, and which of a shard's ends (see Shard.ends).
GIVEN = {
    "text": (0, slice(0, 0)),
    "first": (1, slice(0, 0)),
    "last": (0, slice(0, 1)),
    "both": (1, slice(0, 1)),
    "extend": (2, slice(0, 0)),
    "extend far": (3, slice(0, 0)),
    "back": (0, slice(1, 3)),
    "blend": (2, slice(1, 3)),
}
SHARES = (0.62, 0.09, 0.04, 0.06, 0.06, 0.03, 0.04, 0.06)


@dataclass
class Batch:
    """Latents of equal shape. `video` holds frames, then ends, then a board, as tokens."""

    video: Tensor  # (B, N, Z)
    sound: Tensor  # (B, L, Z')
    given: Tensor  # (B, N) 0 or 1
    heed: Tensor  # (B, N) weights of the loss
    shape: tuple[int, int]
    frames: int
    ends: int  # latent frames appended for the end
    boards: int  # 1 where somebody is shown
    captions: list[str]
    labels: list[dict[str, str]]

    def to(self, device: str) -> Batch:
        """The same on a device."""
        for name in ("video", "sound", "given", "heed"):
            setattr(self, name, getattr(self, name).to(device, non_blocking=True))
        return self


def sound_tokens(frames: int) -> int:
    """How many sound latents go with so many picture latents."""
    seconds = (1 + GROUP * (frames - 1)) / FPS
    return round(seconds * RATE / HOP / COLUMNS)


def draw_batch(
    library: Library, mode: str, frames: int, most: int, rng: np.random.Generator
) -> Batch:
    """Random clips cut to `frames` latents, of `most` tokens together, with what the mode shows."""
    shelves = library.shelves(frames)
    weights = np.array([sum(len(some.video) for some in library.rooms[shelf]) for shelf in shelves])
    shelf = shelves[rng.choice(len(shelves), p=weights / weights.sum())]
    (shape, length), (start, end) = shelf, GIVEN[mode]
    shard, row = _pick(library.rooms[shelf], rng)
    boards = int(shard.shown[row])
    room = shape[0] * shape[1] * (frames + boards + end.stop - end.start)  # of one clip
    others = max(2, round(most / room)) - 1
    chosen = [(shard, row)]
    chosen += [_pick(library.rooms[shelf], rng, boards) for _ in range(others)]
    cut = CUTS[length].index(frames) if frames > 1 else 0
    video = torch.stack([shard.video[row, :frames] for shard, row in chosen])
    ends = torch.stack([shard.ends[row, cut, end] for shard, row in chosen])
    board = torch.stack([shard.board[row] for shard, row in chosen])[:, None][:, :boards]
    actors = torch.stack([shard.actors[row, :frames] for shard, row in chosen])
    tokens = torch.cat([video, ends, board], 1)  # (B, frames + ends + boards, A, Z)
    given = torch.ones(tokens.shape[:3])
    given[:, start:frames] = 0
    heed = torch.zeros(tokens.shape[:3])
    heed[:, :frames] = 1 + HEED * actors
    sounds = torch.stack([shard.sound[row, : sound_tokens(frames)] for shard, row in chosen])
    return Batch(
        tokens.flatten(1, 2).float(),
        sounds.float(),
        given.flatten(1),
        (heed * (1 - given)).flatten(1),
        shape,
        frames,
        ends.shape[1],
        boards,
        [_wording(shard.captions[row], rng) for shard, row in chosen],
        [shard.labels[row] for shard, row in chosen],
    )


def _pick(
    shards: list[Shard], rng: np.random.Generator, boards: int | None = None
) -> tuple[Shard, int]:
    """A random clip; with a board, or without, if that matters: then there must be one."""
    while True:
        shard = shards[rng.integers(len(shards))]
        row = int(rng.integers(len(shard.shown)))
        if boards in (None, int(shard.shown[row])):
            return shard, row


@dataclass
class Noise:
    """What is mixed into a batch: noises for pictures and sound, and how much of them (B,)."""

    pictures: Tensor
    sound: Tensor
    sigma: Tensor


def noise_for(batch: Batch, sigma: Tensor | None = None) -> Noise:
    """Fresh noise; the noisier levels are the likeliest unless they are given."""
    device = batch.video.device
    if sigma is None:
        sigma = torch.sigmoid(torch.randn(len(batch.captions), device=device) + NOISY)
    return Noise(torch.randn_like(batch.video), torch.randn_like(batch.sound), sigma)


def loss(network: Network, batch: Batch, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Squared error of the velocity, for pictures and for sound."""
    noise = noise_for(batch)
    seen, heard = velocities(network, batch, network.read(ids, mask), noise)
    wanted = noise.pictures - batch.video, noise.sound - batch.sound
    return unlikeness(batch, noise, (seen, heard), wanted)


def unlikeness(
    batch: Batch, noise: Noise, found: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """Squared errors of the velocities of pictures, by heed, and of sound."""
    counts = (noise.sigma / SOFT).clamp(max=1).square()[:, None]
    seen, heard = (
        (some - true).square().mean(-1) * counts for some, true in zip(found, wanted, strict=True)
    )
    return (seen * batch.heed).sum() / batch.heed.sum(), heard.mean()


def velocities(
    network: Network, batch: Batch, text: tuple[Tensor, Tensor, Tensor], noise: Noise
) -> tuple[Tensor, Tensor]:
    """The network's two velocities, the noise mixed in."""
    level = (noise.sigma[:, None] * (1 - batch.given))[..., None]
    loud = noise.sigma[:, None, None]
    video = (1 - level) * batch.video + level * noise.pictures
    sound = (1 - loud) * batch.sound + loud * noise.sound
    seen, heard = network_at(network, video, sound, text, noise.sigma, batch)
    return seen.float(), heard.float()


def network_at(
    network: Network,
    video: Tensor,
    sound: Tensor,
    text: tuple[Tensor, Tensor, Tensor],
    sigma: Tensor,
    batch: Batch,
) -> tuple[Tensor, Tensor]:
    """The transformer's two velocities."""
    time = 1000 * sigma
    found: tuple[Tensor, Tensor] = network.transformer(
        hidden_states=video,
        audio_hidden_states=sound,
        encoder_hidden_states=text[0],
        audio_encoder_hidden_states=text[1],
        timestep=time[:, None] * (1 - batch.given),
        audio_timestep=time,
        sigma=time,
        audio_sigma=time,
        encoder_attention_mask=text[2],
        audio_encoder_attention_mask=text[2],
        num_frames=batch.frames,
        height=batch.shape[0],
        width=batch.shape[1],
        fps=float(FPS),
        audio_num_frames=sound.shape[1],
        video_coords=where(network, batch),
        audio_coords=network.transformer.audio_rope.prepare_audio_coords(
            len(video), sound.shape[1], video.device
        ),
        return_dict=False,
    )
    return found


def where(network: Network, batch: Batch) -> Tensor:
    """Each token's place in time and space (B, 3, N, 2): a board lies on frame 0."""
    size, rope, device = len(batch.video), network.transformer.rope, batch.video.device
    places = [rope.prepare_video_coords(size, batch.frames, *batch.shape, device, fps=float(FPS))]
    if batch.ends:
        places.append(_places_of_end(batch).to(device).expand(size, -1, -1, -1))
    if batch.boards:
        places.append(rope.prepare_video_coords(size, 1, *batch.shape, device, fps=float(FPS)))
    return torch.cat(places, 2)


def _places_of_end(batch: Batch) -> Tensor:
    """Where LTX puts pictures of the end: from the first pixel frame of the latents they stand
    for; one picture lasts one pixel frame. (1, 3, ends * A, 2), times in seconds."""
    rows, columns = batch.shape
    grid = torch.meshgrid(
        torch.arange(batch.ends), torch.arange(rows), torch.arange(columns), indexing="ij"
    )
    low = torch.stack(grid).flatten(1).float()  # (3, ends * A)
    scale = torch.tensor([GROUP, CELL, CELL])[:, None].float()
    places = torch.stack([low * scale, (low + 1) * scale], -1)  # (3, ends * A, 2)
    places[0] += (batch.frames - batch.ends - 1) * GROUP + 1
    if batch.ends == 1:
        places[0, :, 1] = places[0, :, 0] + 1
    places[0] /= FPS
    return places[None]


def _wording(words: list[str], rng: np.random.Generator) -> str:
    return "" if rng.random() < DROPPED else words[rng.integers(len(words))]

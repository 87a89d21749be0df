"""The lesson of the network: rectified flow, put exactly as LTX2InContextPipeline will ask it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from generation.engine.codec import GROUP, PATCH
from generation.engine.data.clips import FPS, SIZE
from generation.engine.network import Network
from generation.engine.samples import Samples
from generation.engine.sound import COLUMNS, HOP, RATE

SIDE = SIZE // PATCH
AREA = SIDE * SIDE  # tokens of one latent frame
MODES = ("text", "first_frame", "references")
SHARES = (0.42, 0.10, 0.48)
DROPPED = 0.1  # of captions, so that guidance has a prompt-less model to lean on
SOUND_SHARE = 0.15  # of the loss


@dataclass
class Batch:
    """Clean rows of tokens; `given` is 1 where a token is shown and 0 where it is to be made."""

    video: Tensor  # (B, N, Z): F frames, then the board
    sound: Tensor  # (B, L, Z')
    given: Tensor  # (B, N)
    frames: int
    captions: list[str]


def sound_tokens(frames: int) -> int:
    """How many sound latents go with so many picture latents."""
    seconds = (1 + GROUP * (frames - 1)) / FPS
    return round(seconds * RATE / HOP / COLUMNS)


def draw_batch(
    samples: Samples, mode: str, frames: int, size: int, rng: np.random.Generator
) -> Batch:
    """Random clips cut to their first `frames` latents, with what the mode shows beforehand."""
    fit = samples.people > 0 if mode == "references" else samples.plain | (mode == "first_frame")
    rows = rng.choice(np.flatnonzero(fit), size)
    board = samples.board[rows] if mode == "references" else samples.chart.expand(size, -1, -1)
    video = torch.cat([samples.video[rows, : frames * AREA], board], 1).float()
    given = torch.zeros(video.shape[:2])
    given[:, frames * AREA :] = 1
    if mode == "first_frame":
        given[:, :AREA] = 1
    sound = samples.sound[rows, : sound_tokens(frames)].float()
    return Batch(video, sound, given, frames, _captions(samples, rows, rng))


def loss(network: Network, batch: Batch, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Squared error of the velocity, for pictures and for sound."""
    size = len(batch.captions)
    sigma = torch.sigmoid(torch.randn(size) + 0.3)
    noise, hiss = torch.randn_like(batch.video), torch.randn_like(batch.sound)
    level = (sigma[:, None] * (1 - batch.given))[..., None]
    drowned, muffled = (1 - sigma)[:, None, None] * batch.sound, sigma[:, None, None] * hiss
    seen, heard = network_at(
        network,
        (1 - level) * batch.video + level * noise,
        drowned + muffled,
        network.read(ids, mask),
        sigma,
        batch,
    )
    wanted = (1 - batch.given)[..., None]
    wrong = (seen - (noise - batch.video)).square() * wanted
    pictures = wrong.sum() / (wanted.sum() * batch.video.shape[2])
    return pictures, (heard - (hiss - batch.sound)).square().mean()


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
    velocities: tuple[Tensor, Tensor] = network.transformer(
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
        height=SIDE,
        width=SIDE,
        fps=float(FPS),
        audio_num_frames=sound.shape[1],
        video_coords=_where(network, batch),
        audio_coords=network.transformer.audio_rope.prepare_audio_coords(
            len(video), sound.shape[1], "cpu"
        ),
        return_dict=False,
    )
    return velocities


def _where(network: Network, batch: Batch) -> Tensor:
    """Each token's place in time and space; the board lies on frame 0."""
    size, rope = len(batch.video), network.transformer.rope
    places = rope.prepare_video_coords(size, batch.frames, SIDE, SIDE, "cpu", fps=float(FPS))
    board = rope.prepare_video_coords(size, 1, SIDE, SIDE, "cpu", fps=float(FPS))
    return torch.cat([places, board], 2)


def _captions(samples: Samples, rows: np.ndarray, rng: np.random.Generator) -> list[str]:
    kept = rng.random(len(rows)) >= DROPPED
    worded = (samples.captions[row] for row in rows)
    return [
        words[rng.integers(len(words))] if keep else ""
        for words, keep in zip(worded, kept, strict=True)
    ]

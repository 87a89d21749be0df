"""Judges of clips: small classifiers, trained on clips drawn for them alone.

They read what a caption may tell (place, action, colour, count, motion...) from the pixels, through
the codec's latents, and the place and the action from the sound. How often they are right on true
clips says how far they can be believed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.engine.codec import PatchCodec
from generation.engine.drawn import clips
from generation.engine.drawn.scene import VOCABULARY, Scene, labels, random_scene
from generation.engine.shards import SHORT, frames_of, normalised, put
from generation.engine.sound import MELS, RATE, spectrogram

SEED = 9_000_001  # no clip of the training has it
FRAMES = frames_of(SHORT)
WIDE, EPOCHS, BATCH, RATE_OF_LEARNING = 160, 14, 64, 1.5e-3
HEARD = ("place", "action")  # what is judged by ear as well
Log = Callable[[str], None]


@dataclass
class Exhibits:
    """Clips of one shape as latents (N, F*Z, h, w), sounds as spectrograms (N, 64, T)."""

    pictures: Tensor
    sounds: Tensor
    labels: list[dict[str, str]]


class Eye(nn.Module):
    """Latents of a clip (B, F*Z, h, w) -> scores for every label."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(channels, WIDE, 1)
        self.near = nn.ModuleList([nn.Conv2d(WIDE, WIDE, 3, padding=1) for _ in range(3)])
        self.heads = nn.ModuleDict(
            {name: nn.Linear(3 * WIDE, len(words)) for name, words in VOCABULARY.items()}
        )

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = F.gelu(self.enter(F.dropout(x, 0.1, self.training)))
        for layer in self.near:
            x = x + F.gelu(layer(x))
        flat = x.flatten(2)
        pooled = torch.cat([flat.mean(2), flat.amax(2), flat.std(2)], 1)
        pooled = F.dropout(pooled, 0.2, self.training)
        return {name: head(pooled) for name, head in self.heads.items()}


class Ear(nn.Module):
    """Spectrograms (B, 64, T) -> scores for the place and the action."""

    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Sequential(
            nn.Conv1d(MELS, 96, 5, 2, 2), nn.GELU(), nn.Conv1d(96, 96, 5, 2, 2), nn.GELU()
        )
        self.heads = nn.ModuleDict({name: nn.Linear(288, len(VOCABULARY[name])) for name in HEARD})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = self.near(x)
        pooled = torch.cat([x.mean(2), x.amax(2), x.std(2)], 1)
        return {name: head(pooled) for name, head in self.heads.items()}


@dataclass
class Judges:
    """An eye and an ear, and the codec they see through."""

    codec: PatchCodec
    eye: Eye
    ear: Ear

    @torch.no_grad()
    def see(self, frames: np.ndarray) -> dict[str, str]:
        """What the eye takes a clip (17, H, W, 3) for."""
        return _words(self.eye(_latents(self.codec, frames)[None]))

    @torch.no_grad()
    def hear(self, sound: np.ndarray) -> dict[str, str]:
        """What the ear takes a sound (S,) for."""
        return _words(self.ear(_spectrum(sound)[None]))


def train(codec: PatchCodec, count: int, log: Log, seed: int = SEED) -> Judges:
    """Judges taught on so many clips of every shape."""
    torch.manual_seed(seed)
    shown = [exhibits(codec, size, count, seed) for size in clips.SHAPES]
    eye, ear = Eye(shown[0].pictures.shape[1]), Ear()
    learned = [*eye.parameters(), *ear.parameters()]
    adam = torch.optim.AdamW(learned, lr=RATE_OF_LEARNING, weight_decay=0.02)
    for epoch in range(EPOCHS):
        adam.param_groups[0]["lr"] = RATE_OF_LEARNING * (1 - epoch / EPOCHS)
        losses = [_learn(adam, eye, ear, some) for some in _shuffled(shown)]
        log(f"judges epoch {epoch} loss {np.mean(losses):.3f}")
    return Judges(codec, eye.eval(), ear.eval())


def kept(path: Path, codec: PatchCodec, count: int, log: Log) -> Judges:
    """The judges of an earlier evaluation with this codec, else ones taught now and left there."""
    if path.exists():
        known = torch.load(path, weights_only=True)
        if torch.equal(known["basis"], codec.frame_basis):
            eye, ear = Eye(known["eye"]["enter.weight"].shape[1]), Ear()
            eye.load_state_dict(known["eye"])
            ear.load_state_dict(known["ear"])
            return Judges(codec, eye.eval(), ear.eval())
    made = train(codec, count, log)
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = {"eye": made.eye.state_dict(), "ear": made.ear.state_dict()}
    put(parts | {"basis": codec.frame_basis}, path)
    return made


@torch.no_grad()
def exhibits(codec: PatchCodec, size: tuple[int, int], count: int, seed: int) -> Exhibits:
    """So many true clips of a shape; held-out pairs among them, so that no judge is surprised."""
    rng = np.random.default_rng((seed, *size))
    scenes = [random_scene(rng, fresh=bool(rng.random() < 0.3)) for _ in range(count)]
    made = [_true_clip(codec, scene, size) for scene in scenes]
    pictures, sounds = (torch.stack(part) for part in zip(*made, strict=True))
    return Exhibits(pictures, sounds, [labels(scene) for scene in scenes])


def true_clip(scene: Scene, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The frames and the sound of a scene as it really is."""
    frames = clips.draw(scene, size, FRAMES)
    rng = np.random.default_rng(scene.seed)
    return frames, clips.sounds.synthesise(scene, FRAMES / clips.FPS, rng)


def _true_clip(codec: PatchCodec, scene: Scene, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    frames, sound = true_clip(scene, size)
    return _latents(codec, frames), _spectrum(sound)


def _latents(codec: PatchCodec, frames: np.ndarray) -> Tensor:
    return normalised(codec, frames).flatten(0, 1)


def _spectrum(sound: np.ndarray) -> Tensor:
    wave = torch.zeros(round(FRAMES / clips.FPS * RATE))
    heard = torch.from_numpy(sound[: len(wave)].astype(np.float32))
    wave[: len(heard)] = heard
    return spectrogram(wave[None])[0].T


def _shuffled(shown: list[Exhibits]) -> list[tuple[Tensor, Tensor, list[dict[str, str]]]]:
    batches = []
    for room in shown:
        for rows in torch.randperm(len(room.labels)).split(BATCH):
            told = [room.labels[row] for row in rows.tolist()]
            batches.append((room.pictures[rows], room.sounds[rows], told))
    return [batches[n] for n in torch.randperm(len(batches)).tolist()]


def _learn(
    adam: torch.optim.Optimizer,
    eye: Eye,
    ear: Ear,
    batch: tuple[Tensor, Tensor, list[dict[str, str]]],
) -> float:
    pictures, sounds, told = batch
    flip = eye.train()(pictures), ear.train()(sounds)
    loss = sum(
        F.cross_entropy(scores, _right(name, told))
        for found in flip
        for name, scores in found.items()
    )
    adam.zero_grad()
    loss.backward()
    adam.step()
    return float(loss.item())


def _right(name: str, told: list[dict[str, str]]) -> Tensor:
    return torch.tensor([VOCABULARY[name].index(known[name]) for known in told])


def _words(scores: dict[str, Tensor]) -> dict[str, str]:
    return {name: VOCABULARY[name][int(found.argmax())] for name, found in scores.items()}

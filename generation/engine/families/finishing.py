"""What every family does with what diffusers gives: steps are told, numbers become a clip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from generation.engine.takes import Broken, OnStep, Take
from generation.engine.types import Frames


def told(on_step: OnStep, done: int, total: int) -> None:
    """Tell of a step that is over; a GPU is waited for, or the news would run ahead of it."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    on_step(done, total)


def reporting(on_step: OnStep, total: int) -> Callable[..., dict[str, Any]]:
    """A diffusers callback that tells of each step and changes nothing."""

    def report(_pipe: object, index: int, _time: object, tensors: dict[str, Any]) -> dict[str, Any]:
        told(on_step, index + 1, total)
        return tensors

    return report


def as_bytes(frames: npt.NDArray[np.float32]) -> Frames:
    """Frames in [0, 1] as bytes; what is not finite is no picture."""
    if not np.isfinite(frames).all():
        raise Broken("the model made no picture: its numbers are not finite")
    pixels: Frames = (frames * 255).round().clip(0, 255).astype(np.uint8)
    return pixels


def as_samples(sound: torch.Tensor) -> npt.NDArray[np.float32]:
    """Sound (channels, S) as one channel in [-1, 1]."""
    mono = sound.detach().float().mean(0).cpu()
    if not torch.isfinite(mono).all():
        raise Broken("the model made no sound: its numbers are not finite")
    samples: npt.NDArray[np.float32] = mono.clamp(-1, 1).numpy()
    return samples


def samples_of(take: Take, sample_rate: int) -> int:
    """How many samples last as long as the clip."""
    return round(take.frames * sample_rate / take.fps)


def fitted(sound: npt.NDArray[np.float32], take: Take, sample_rate: int) -> npt.NDArray[np.float32]:
    """The sound, exactly as long as the picture: cut, or followed by silence."""
    length = samples_of(take, sample_rate)
    return np.pad(sound[:length], (0, max(0, length - len(sound))))


def numbers_of(network: torch.nn.Module) -> dict[str, Any]:
    """In which numbers it computes, and where."""
    return {"dtype": str(network.dtype).removeprefix("torch."), "device": str(network.device)}


def levels(noise: torch.Tensor) -> list[float]:
    """Noise levels as a recipe keeps them."""
    return [round(level, 6) for level in noise.tolist()]

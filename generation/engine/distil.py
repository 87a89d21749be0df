"""Guidance distilled into the weights: one forward pass a step does what two did.

The student learns, without guidance, the velocity that the teacher finds with it (Meng et al.
2023, "On Distillation of Guided Diffusion Models", at one fixed scale).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generation.engine import flow
from generation.engine.network import Network

if TYPE_CHECKING:
    from generation.engine.run import Run

GUIDANCE, SHARE = 2.0, 0.3  # the teacher's scale; of the training's learning rate


def distil(run: Run, minutes: float, say: Callable[[str], None]) -> None:
    """Teach the run's network, from its average, to guide itself; the average follows."""
    teacher = copy.deepcopy(run.average).eval()
    run.network.load_state_dict(run.average.state_dict())
    run.clock = time.monotonic()
    start, run.distilled, share, lessons = run.seconds, True, 0.0, 0
    while share < 1:
        loss = _lesson(run, teacher)
        run.descend(loss, SHARE * max(0.05, 1 - share))
        lessons += 1
        run.follow(lessons)
        share = (run.seconds - start) / 60 / minutes
        if run.rng.random() < 0.05:
            say(f"distilling {100 * share:.0f} % loss {loss.item():.4f}")


def _lesson(run: Run, teacher: Network) -> Tensor:
    """How far the student's velocities are from the teacher's guided ones, in one noise."""
    batch, _ = run.batch()
    count = len(batch.captions)
    noise = flow.noise_for(batch, torch.rand(count, device=run.device).clamp(0.02, 1))
    worded, empty = run.tokens(batch.captions), run.tokens([""] * count)
    with run.halved():
        with torch.no_grad():
            told = flow.velocities(teacher, batch, teacher.read(*worded), noise)
            untold = flow.velocities(teacher, batch, teacher.read(*empty), noise)
        found = flow.velocities(run.network, batch, run.network.read(*worded), noise)
    pictures, sound = (
        none + GUIDANCE * (some - none) for some, none in zip(told, untold, strict=True)
    )
    seen, heard = flow.unlikeness(batch, noise, found, (pictures, sound))
    return seen + flow.SOUND_SHARE * heard

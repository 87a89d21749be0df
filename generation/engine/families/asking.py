"""What both ways to LTX-2, its class and its blocks, are asked with."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
from torch import Tensor

from generation.engine.takes import Take
from generation.engine.types import Frames


def given_frames(take: Take, group: int, crf: int | None) -> list[LTX2VideoCondition]:
    """What the clip begins and ends with; `group` frames make a latent, `crf` compresses them."""

    def at(frames: Frames, place: int) -> LTX2VideoCondition:
        return LTX2VideoCondition(np.array(frames), index=place, strength=1.0, crf=crf)

    start = [] if take.start is None else [at(take.start, 0)]
    end = [] if take.end is None else [at(take.end, -groups_of(len(take.end), group))]
    return start + end


def groups_of(frames: int, group: int) -> int:
    """Latent frames of so many frames: the first stands alone."""
    return 1 + (frames - 1) // group


def asked_levels(take: Take) -> list[float]:
    """The last `passes` of the levels that a whole rendering goes through, unshifted."""
    first = first_level(take)
    levels: list[float] = np.linspace(first, first / take.passes, take.passes).tolist()
    return levels


def first_level(take: Take) -> float:
    """How much of the clip is noise to begin with."""
    return 1.0 if take.source is None else take.strength


def latents_of(vae: Any, frames: Frames, device: torch.device) -> Tensor:
    """Frames as the codec gives them (1, C, T, h, w)."""
    pixels = torch.from_numpy(np.array(frames)).permute(3, 0, 1, 2)[None].to(device, vae.dtype)
    return cast(Tensor, vae.encode(pixels / 127.5 - 1).latent_dist.mode().float())

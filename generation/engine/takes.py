"""A take: one call of a model, in numbers that every family understands, without torch.

A request becomes takes (plan.py), a family renders them (families/), and the plan joins what
comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from PIL import Image

from generation.engine.types import Frames

OnStep = Callable[[int, int], None]  # (done, total); may raise Stopped
Mask = npt.NDArray[np.bool_]  # (T, H, W), True where a source is drawn anew
Likeness = Mapping[str, npt.NDArray[np.float32]]  # what a face door measured of one reference


class Primitive(StrEnum):
    """What a family can take in. The modes of a model follow from these."""

    TEXT = "text"
    START_PICTURE = "start_picture"
    START_CLIP = "start_clip"
    END_PICTURE = "end_picture"
    END_CLIP = "end_clip"
    REFERENCES = "references"
    SOURCE = "source"
    MASK = "mask"
    STILL = "still"


class Broken(ValueError):
    """The model made no picture: its numbers are not finite."""


@dataclass(frozen=True)
class Take:
    """One clip of a model. Every given frame is (height, width) already.

    `start` and `end` are frames to begin and end with: one picture, or a clip of 1 + a multiple of
    the model's frame step. `source` is redrawn from `strength` of noise; with a `mask` only where
    that is True. `noise_size` is the size the noise is drawn at, where it is not the take's own: a
    preview shares the noise of its final.
    """

    prompt: str
    seed: int
    width: int
    height: int
    frames: int
    fps: int
    steps: int
    guidance: float
    start: Frames | None = None
    end: Frames | None = None
    references: tuple[Image.Image, ...] = ()
    likenesses: tuple[Likeness | None, ...] = field(default=())  # beside each reference
    source: Frames | None = None
    strength: float = 1.0
    mask: Mask | None = None
    noise_size: tuple[int, int] | None = None

    @property
    def passes(self) -> int:
        """The sampler steps of this take: a source that is half noise needs half of them."""
        share = self.strength if self.source is not None else 1.0
        return max(1, round(self.steps * share))

    @property
    def shape(self) -> tuple[object, ...]:
        """What takes must have in common to be made in one forward."""
        return (
            self.width, self.height, self.frames, self.fps, self.steps, self.guidance,
            self.noise_size,
        )  # fmt: skip

    @property
    def is_text_only(self) -> bool:
        """Whether nothing but a prompt is given."""
        given = (self.start, self.end, self.source, self.mask)
        return not self.references and all(part is None for part in given)


def can_share(takes: Sequence[Take]) -> bool:
    """Whether these can be made in one forward: text alone, and of one shape."""
    return all(take.is_text_only for take in takes) and len({take.shape for take in takes}) == 1

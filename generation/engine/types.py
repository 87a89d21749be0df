"""What goes into the engine and what comes out of it. Nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.uint8]  # (T, H, W, 3) RGB


class Unsupported(ValueError):
    """The loaded model cannot do this. `field` names what was asked, `possible` what it can."""

    def __init__(self, field: str, asked: object, possible: object) -> None:
        super().__init__(f"{field}: {asked!r} is not supported; possible: {possible}")
        self.field = field
        self.asked = asked
        self.possible = possible


class Stopped(Exception):
    """Raised by an `on_step` to end a rendering between two steps."""


class Mode(StrEnum):
    """What a model can be asked for. One request may need several."""

    TEXT = "text"
    FIRST_FRAME = "first_frame"
    LAST_FRAME = "last_frame"
    LOOP = "loop"
    EXTEND = "extend"
    EXTEND_BACK = "extend_back"
    RESTYLE = "restyle"
    INPAINT = "inpaint"
    BLEND = "blend"
    REFERENCES = "references"
    RECAST = "recast"
    STILL = "still"
    STORYBOARD = "storyboard"


OF_A_CLIP = frozenset({
    Mode.EXTEND, Mode.EXTEND_BACK, Mode.RESTYLE, Mode.INPAINT, Mode.BLEND, Mode.RECAST,
})  # fmt: skip


class Tier(StrEnum):
    """How much compute a picture is worth."""

    PREVIEW = "preview"  # few steps and small, from the noise of the final
    DRAFT = "draft"
    STANDARD = "standard"
    HIGH = "high"


@dataclass(frozen=True)
class Shot:
    """A part of a storyboard: what happens in it, for so many frames."""

    prompt: str
    frames: int


@dataclass(frozen=True)
class RenderRequest:
    """One clip to make. Sizes in pixels; `references` are up to three pictures of somebody.

    `task` is what is done with `source` (one of OF_A_CLIP) and with `other`, the second clip of a
    blend. `frames` counts what is made anew: an extension's new part, a blend's bridge. `mask` is
    a picture, white where the source is drawn anew; `span` are the seconds drawn anew. Where it is
    `chained`, it may be longer than one take: each take goes on from the one before.
    """

    prompt: str
    seed: int
    width: int
    height: int
    frames: int
    fps: int
    steps: int
    guidance: float
    references: tuple[Path, ...] = ()
    first_frame: Path | None = None
    last_frame: Path | None = None
    loop: bool = False
    task: Mode | None = None
    source: Path | None = None
    other: Path | None = None
    strength: float = 0.7
    mask: Path | None = None
    span: tuple[float, float] | None = None
    shots: tuple[Shot, ...] = ()
    tier: Tier = Tier.STANDARD
    chained: bool = False

    @property
    def modes(self) -> frozenset[Mode]:
        """What a model must be able to do for this."""
        asked = {
            Mode.FIRST_FRAME: self.first_frame is not None,
            Mode.LAST_FRAME: self.last_frame is not None,
            Mode.LOOP: self.loop,
            Mode.REFERENCES: bool(self.references),
            Mode.STILL: self.frames == 1,
            Mode.STORYBOARD: bool(self.shots),
            Mode.EXTEND: self.chained and self.task is None,
        }
        wanted = {mode for mode, is_asked in asked.items() if is_asked}
        return frozenset(wanted | ({self.task} if self.task else set())) or frozenset({Mode.TEXT})


@dataclass(frozen=True)
class Rendering:
    """A clip: frames (T, H, W, 3) uint8, and mono sound (S,) float32 in [-1, 1].

    `kept` are the ranges of frames (from, to) taken from given clips as they were; `takes` say of
    every call of the model with what noise levels and numbers it was made.
    """

    frames: Frames
    fps: int
    sound: npt.NDArray[np.float32]
    sample_rate: int
    kept: tuple[tuple[int, int], ...] = ()
    takes: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Capabilities:
    """What a model folder can render; `steps` and `guidance` are those of the standard tier."""

    family: str
    modes: frozenset[Mode]
    sizes: tuple[tuple[int, int], ...]  # (width, height)
    max_seconds: float
    fps: int
    max_references: int
    sound: bool
    steps: int
    guidance: float
    frame_step: int = 4  # frames are always 1 + a multiple of this
    max_shots: int = 6
    likeness: str = "photographic"  # or "drawn": a figure in somebody's colours
    tiers: dict[Tier, int] = field(default_factory=dict)  # steps, where not the usual share
    memory_gib: float = 1.0  # what a process needs to render the largest clip
    together: int = 1  # clips of text alone and of one shape that are made in one forward
    licence: str = ""

    def frames_for(self, seconds: float) -> int:
        """The number of frames the model can make that is nearest to `seconds`."""
        return 1 + self.frame_step * max(1, round(seconds * self.fps / self.frame_step))

    def steps_for(self, tier: Tier) -> int:
        """Sampler steps of a tier."""
        shares = {Tier.PREVIEW: 0.5, Tier.DRAFT: 0.5, Tier.STANDARD: 1.0, Tier.HIGH: 2.0}
        return self.tiers.get(tier) or max(1, round(self.steps * shares[tier]))

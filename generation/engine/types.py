"""What goes into the engine and what comes out of it. Nothing here imports torch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt


class Unsupported(ValueError):
    """The loaded model cannot do this. `field` names what was asked, `possible` what it can."""

    def __init__(self, field: str, asked: object, possible: object) -> None:
        super().__init__(f"{field}: {asked!r} is not supported; possible: {possible}")
        self.field = field
        self.asked = asked
        self.possible = possible


class Stopped(Exception):
    """Raised by an `on_step` to end a rendering between two steps."""


@dataclass(frozen=True)
class RenderRequest:
    """One clip to make. Sizes in pixels; `references` are up to three face pictures with margin."""

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
    source: Path | None = None
    strength: float = 0.7


@dataclass(frozen=True)
class Rendering:
    """A clip: frames (T, H, W, 3) uint8, and mono sound (S,) float32 in [-1, 1]."""

    frames: npt.NDArray[np.uint8]
    fps: int
    sound: npt.NDArray[np.float32]
    sample_rate: int


@dataclass(frozen=True)
class Capabilities:
    """What a model folder can render. `modes` come from text, first_frame, references, remix."""

    family: str
    modes: frozenset[str]
    sizes: tuple[tuple[int, int], ...]  # (width, height)
    max_seconds: float
    fps: int
    max_references: int
    sound: bool
    steps: int
    guidance: float
    frame_step: int = 4  # frames are always 1 + a multiple of this

    def frames_for(self, seconds: float) -> int:
        """The number of frames the model can make that is nearest to `seconds`."""
        return 1 + self.frame_step * max(1, round(seconds * self.fps / self.frame_step))

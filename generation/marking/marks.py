"""All marks of one output: those that machines read in pictures and sound, and perhaps one for
people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from generation.marking import voice
from generation.marking.stamp import Stamp

if TYPE_CHECKING:
    from generation.marking.sign import Sign

Frame = npt.NDArray[np.uint8]  # (H, W, 3) RGB


@dataclass(frozen=True)
class Marks:
    """What is put into every picture, first what people see, then what machines read; and into the
    sound."""

    hidden: Stamp | None = None
    visible: Sign | None = None
    voiced: voice.Sheet | None = None

    def put(self, frame: Frame, second: float = 0.0) -> Frame:
        """A frame as it is shown at a second of its clip."""
        return self.hide(self.visible.draw(frame, second) if self.visible else frame)

    def hide(self, frame: Frame) -> Frame:
        """A frame with the invisible mark alone."""
        return self.hidden.press(frame) if self.hidden else frame

    def voice(self, sound: voice.Sound, rate: int) -> voice.Sound:
        """Sound as it is heard."""
        return sound if self.voiced is None else voice.press(sound, rate, self.voiced)


UNMARKED = Marks()


def marks_of(order: Mapping[str, Any]) -> Marks:
    """The marks of an order (`generation.marks.order_of`)."""
    from generation.marking.sign import Sign  # noqa: PLC0415 -- fonts load where words are drawn

    stamp = Stamp(np.load(Path(order["mark"]), allow_pickle=False)) if "mark" in order else None
    sheet = np.load(Path(order["voice"]), allow_pickle=False) if "voice" in order else None
    return Marks(stamp, Sign(order["words"]) if order.get("words") else None, sheet)

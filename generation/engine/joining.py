"""Putting clips together: pictures cut where they belong, sound with a short crossfade."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from generation.engine.types import Frames

Sound = npt.NDArray[np.float32]
FADE = 0.05  # seconds
SOFT = 3  # pixels inside a mask over which the new picture comes in


def joined(parts: Sequence[Sound], rate: int) -> Sound:
    """The sounds one after another; each begins quietly while the one before ends.

    No part is shortened: where two meet, both fade to nothing and from it within half a FADE.
    """
    ramp = np.linspace(0, 1, max(1, round(FADE / 2 * rate)), dtype=np.float32)
    heard = [np.array(part, dtype=np.float32) for part in parts if len(part)]
    for before, after in itertools.pairwise(heard):
        fade = min(len(ramp), len(before), len(after))
        before[len(before) - fade :] *= ramp[:fade][::-1]
        after[:fade] *= ramp[:fade]
    return np.concatenate(heard) if heard else np.zeros(0, np.float32)


def looping(sound: Sound, length: int) -> Sound:
    """So much of the sound that what follows it there is mixed into its beginning."""
    body = np.array(sound[:length], dtype=np.float32)
    rest = sound[length:]
    fade = min(len(rest), length)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    body[:fade] = body[:fade] * ramp + rest[:fade] * ramp[::-1]
    return body


def eased(frames: Frames, start: Frames | None, end: Frames | None, reach: int) -> Frames:
    """The given frames as they are, and what was made beside them led over to them.

    A model gives its own version of what it is shown. The difference at a seam is taken along into
    the new frames and fades out within `reach` of them, so that no step is seen there.
    """
    values = frames.astype(np.float32)
    if start is not None:
        _lead_over(values, start, reach)
    if end is not None:
        _lead_over(values[::-1], end[::-1], reach)
    made: Frames = values.round().clip(0, 255).astype(np.uint8)
    return made


def _lead_over(values: npt.NDArray[np.float32], start: Frames, reach: int) -> None:
    shown = len(start)
    apart = start[-1] - values[shown - 1]
    values[:shown] = start
    fresh = values[shown : shown + reach]
    fresh += np.linspace(1, 0, reach + 2)[1 : len(fresh) + 1, None, None, None] * apart


def composed(source: Frames, made: Frames, mask: npt.NDArray[np.bool_]) -> Frames:
    """The source, with what was made inside the mask (H, W), coming in softly from its edge."""
    share = softened(mask)[None, :, :, None]  # 0 outside: the source's own pixels, exactly
    mixed = source + share * (made.astype(np.float32) - source)
    frames: Frames = mixed.round().astype(np.uint8)
    return frames


def softened(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """The mask as shares that rise within it from its edge; a mask too thin for that stays hard."""
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    inner = picture.filter(ImageFilter.MinFilter(2 * SOFT + 1))
    if not np.asarray(inner).any():
        return mask.astype(np.float32)
    soft = np.asarray(inner.filter(ImageFilter.BoxBlur(SOFT)), np.float32) / 255
    return soft * mask.astype(np.float32)

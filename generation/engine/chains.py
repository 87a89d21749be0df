"""Clips longer than one take: each take goes on from the one before it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from generation.engine.joining import joined
from generation.engine.scenes import APART
from generation.engine.source import Clip
from generation.engine.types import Mode, Rendering
from generation.engine.work import HELPFUL, Work


def told_on(work: Work) -> Rendering:
    """A take from the words, and what happens next, until it is long enough."""
    request, links = work.request, work.links()
    first, last = work.picture(request.first_frame), work.picture(request.last_frame)
    alone = last if len(links) == 1 else None
    made = work.make(frames=links[0], start=first, end=alone)
    return _whole(work, _gone_on(work, Clip(made.frames, made.sound), links[1:], last))


def extended_on(work: Work) -> Rendering:
    """The given clip as it was, and what happens next, until it is long enough."""
    clip = work.clip(work.request.source)
    return _whole(work, _gone_on(work, clip, work.links(), None), kept=len(clip.frames))


def redrawn_on(work: Work) -> Rendering:
    """The given clip drawn anew, piece after piece, from the same noise."""
    clip, parts, at = work.clip(work.request.source), [], 0
    for length in work.links():
        rest = clip.frames[np.minimum(np.arange(at, at + length), len(clip.frames) - 1)]
        held = rest[np.minimum(np.arange(work.fitting(length)), length - 1)]
        made = work.make(frames=len(held), source=held, strength=work.request.strength)
        parts.append(Clip(made.frames[:length], made.sound[: work.samples(length)]))
        at += length
    return _whole(work, parts)


CHAINS: dict[Mode | None, Callable[[Work], Rendering]] = {
    None: told_on,
    Mode.EXTEND: extended_on,
    Mode.RESTYLE: redrawn_on,
}


def _gone_on(work: Work, clip: Clip, links: list[int], last: np.ndarray | None) -> list[Clip]:
    """The clip, and a clip for each link; `last` is the picture that all of it ends with."""
    parts = [clip]
    for number, new in enumerate(links, 1):
        tail = parts[-1].frames
        shown = work.shown(len(tail), work.most - new, groups=HELPFUL + 1)
        made = work.make(
            frames=shown + new,
            seed=work.request.seed + number * APART,
            start=tail[-shown:],
            end=last if number == len(links) else None,
        )
        parts.append(Clip(made.frames[shown:], made.sound[work.samples(shown) :]))
    return parts


def _whole(work: Work, parts: list[Clip], kept: int = 0) -> Rendering:
    frames = np.concatenate([part.frames for part in parts])
    sound = joined([part.sound for part in parts], work.family.sample_rate)
    own = ((0, kept),) if kept else ()
    return Rendering(frames, work.request.fps, sound, work.family.sample_rate, own)

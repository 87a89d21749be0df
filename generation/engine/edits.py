"""Ways to make something of a given clip: longer, redrawn, mended, or led over into another."""

from __future__ import annotations

from math import ceil, floor

import numpy as np

from generation.engine.joining import composed, joined
from generation.engine.source import Clip, read_mask
from generation.engine.types import Frames, Rendering, Unsupported
from generation.engine.work import HELPFUL, Work


def extended(work: Work) -> Rendering:
    """The clip, and what comes after it: the model is shown its tail and goes on."""
    clip, new = work.clip(work.request.source), work.request.frames - 1
    shown = work.shown(len(clip.frames), work.most - new, groups=HELPFUL + 1)
    made = work.make(frames=shown + new, start=clip.frames[-shown:])
    after = Clip(made.frames[shown:], made.sound[work.samples(shown) :])
    return _in_a_row(work, [clip, after], given=[0])


def extended_back(work: Work) -> Rendering:
    """What comes before the clip, and the clip: the model is shown its head and ends there."""
    clip, new = work.clip(work.request.source), work.request.frames - 1
    shown = work.shown(len(clip.frames), work.most - new)
    made = work.make(frames=new + shown, end=clip.frames[:shown])
    before = Clip(made.frames[:new], made.sound[: work.samples(new)])
    return _in_a_row(work, [before, clip], given=[1])


def blended(work: Work) -> Rendering:
    """One clip, a bridge, and the other. `frames` - 1 is how far apart the two ends are."""
    one, other = work.clip(work.request.source), work.clip(work.request.other)
    new = work.request.frames - 2
    tail = work.shown(len(one.frames), (work.most - new) // 2)
    head = work.shown(len(other.frames), work.most - new - tail)
    made = work.make(frames=tail + new + head, start=one.frames[-tail:], end=other.frames[:head])
    bridge = _cut(work, made, tail, tail + new)
    return _in_a_row(work, [one, bridge, other], given=[0, 2])


def redrawn(work: Work) -> Rendering:
    """The clip drawn anew from `strength` of noise, by the prompt and the references."""
    clip = work.clip(work.request.source)
    length = min(work.request.frames, work.fitting(len(clip.frames)))
    source = _held(clip.frames, length)
    return work.make(frames=length, source=source, strength=work.request.strength)


def mended(work: Work) -> Rendering:
    """The clip with a region or a time range of it drawn anew; all else is the clip's own."""
    clip = work.clip(work.request.source)
    if work.request.mask is None:
        return _time_mended(work, clip, *_span(work, clip))
    return _region_mended(work, clip)


def _region_mended(work: Work, clip: Clip) -> Rendering:
    mask = read_mask(work.request.mask, work.size) if work.request.mask else None
    if mask is None or not mask.any():
        raise Unsupported("mask", "nothing in it is white", "white where the clip is drawn anew")
    if work.request.span is None:  # what is longer than the model can make is cut off
        clip = _cut(work, clip, 0, min(len(clip.frames), work.most))
    begin, end = _span(work, clip)
    length = work.fitting(end - begin)
    window = max(0, min(begin, len(clip.frames) - length))
    anew = np.zeros((length, *mask.shape), bool)
    anew[begin - window : end - window] = mask
    made = work.make(frames=length, source=_held(clip.frames[window:], length), mask=anew)
    frames = clip.frames.copy()
    drawn = made.frames[begin - window : end - window]
    frames[begin:end] = composed(clip.frames[begin:end], drawn, mask)
    return _result(work, Clip(frames, clip.sound), _around(begin, end, len(frames)))


def _time_mended(work: Work, clip: Clip, begin: int, end: int) -> Rendering:
    """Leads over from what is before the span to what is after it, as far as there is both."""
    length, step = len(clip.frames), work.able.frame_step
    left, right = _aligned(begin, end, length, step)
    if 0 < right - left <= work.most - 2:
        made = _cut(work, _bridge(work, clip, left, right), begin - left, end - left)
    elif begin > 0:
        new = -(-(end - begin) // step) * step
        shown = work.shown(begin, work.most - new)
        anew = work.make(frames=shown + new, start=clip.frames[begin - shown : begin])
        made = _cut(work, anew, shown, shown + end - begin)
    elif end < length:
        new = -(-(end - begin) // step) * step
        shown = work.shown(length - end, work.most - new)
        anew = work.make(frames=new + shown, end=clip.frames[end : end + shown])
        made = _cut(work, anew, new - (end - begin), new)
    else:
        made = _cut(work, work.make(frames=work.fitting(length)), 0, length)
    parts = [_cut(work, clip, 0, begin), made, _cut(work, clip, end, length)]
    return _in_a_row(work, parts, given=[0, 2])


def _bridge(work: Work, clip: Clip, left: int, right: int) -> Clip:
    new, length = right - left, len(clip.frames)
    tail = work.shown(left, (work.most - new) // 2)
    head = work.shown(length - right, work.most - new - tail)
    made = work.make(
        frames=tail + new + head,
        start=clip.frames[left - tail : left],
        end=clip.frames[right : right + head],
    )
    return _cut(work, made, tail, tail + new)


def _aligned(begin: int, end: int, length: int, step: int) -> tuple[int, int]:
    """The span moved outward until a take fits around it, a frame at least on each side.

    Given clips have 1 + a multiple of `step` frames, and so has a take: between two of them there
    are one fewer than a multiple. (0, 0) where there is no room for that.
    """
    while begin > 0 and end < length and (end - begin) % step != step - 1:
        if end < length - 1:
            end += 1
        else:
            begin -= 1
    return (begin, end) if begin > 0 and end < length else (0, 0)


def _span(work: Work, clip: Clip) -> tuple[int, int]:
    """The frames from and to which the clip is drawn anew."""
    length, span = len(clip.frames), work.request.span
    if span is None:
        return 0, length
    begin, end = floor(span[0] * work.request.fps), ceil(span[1] * work.request.fps)
    if begin >= length:
        raise Unsupported("span", span, f"within the clip's {length / work.request.fps:g} seconds")
    return begin, min(end, length, begin + work.most - 1)


def _held(frames: Frames, length: int) -> Frames:
    """So many frames: the first ones, or the last of them held."""
    return frames[np.minimum(np.arange(length), len(frames) - 1)]


def _cut(work: Work, clip: Clip | Rendering, begin: int, end: int) -> Clip:
    return Clip(clip.frames[begin:end], clip.sound[work.samples(begin) : work.samples(end)])


def _in_a_row(work: Work, parts: list[Clip], given: list[int]) -> Rendering:
    """The parts one after another; those given are kept as they were."""
    ends = np.cumsum([0] + [len(part.frames) for part in parts]).tolist()
    sound = joined([part.sound for part in parts], work.family.sample_rate)
    whole = Clip(np.concatenate([part.frames for part in parts]), sound)
    return _result(work, whole, [(ends[number], ends[number + 1]) for number in given])


def _around(begin: int, end: int, length: int) -> list[tuple[int, int]]:
    return [(0, begin), (end, length)]


def _result(work: Work, whole: Clip, kept: list[tuple[int, int]]) -> Rendering:
    own = tuple((begin, end) for begin, end in kept if begin < end)
    return Rendering(whole.frames, work.request.fps, whole.sound, work.family.sample_rate, own)

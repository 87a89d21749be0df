"""Ways to make a clip from nothing but words and pictures: plain, looping, in several shots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from generation.engine.joining import joined, looping
from generation.engine.types import Rendering
from generation.engine.work import Work

APART = 1_000_003  # between the seeds of two shots: far from those of a job's variants


def plain(work: Work) -> Rendering:
    """One take, from the first frame and to the last where they are given; a still is silent."""
    request = work.request
    start, end = work.picture(request.first_frame), work.picture(request.last_frame)
    made = work.make(start=start, end=end)
    return replace(made, sound=made.sound[:0]) if request.frames == 1 else made


def looped(work: Work) -> Rendering:
    """A take with one picture at both ends, without the last frame: it goes on into the first."""
    picture = work.picture(work.request.first_frame)
    if picture is None:
        picture = work.make(frames=1).frames
    made = work.make(start=picture, end=picture)
    length = work.samples(len(made.frames) - 1)
    return replace(made, frames=made.frames[:-1], sound=looping(made.sound, length))


def told(work: Work) -> Rendering:
    """A take for each shot, with the same references, cut one after another."""
    request, shots = work.request, work.request.shots
    first, last = work.picture(request.first_frame), work.picture(request.last_frame)
    made = [
        work.make(
            prompt=shot.prompt,
            frames=shot.frames,
            seed=request.seed + number * APART,
            start=first if number == 0 else None,
            end=last if number == len(shots) - 1 else None,
        )
        for number, shot in enumerate(shots)
    ]
    frames = np.concatenate([part.frames for part in made])
    sound = joined([part.sound for part in made], work.family.sample_rate)
    return replace(made[0], frames=frames, sound=sound)

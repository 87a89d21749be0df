"""One request being made: takes are given to the family, and all their steps told as one count."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import Any

from generation.engine import source
from generation.engine.families import Family
from generation.engine.joining import eased
from generation.engine.takes import OnStep, Take
from generation.engine.types import (
    Capabilities,
    Frames,
    Mode,
    Rendering,
    RenderRequest,
    Tier,
    Unsupported,
)

HELPFUL = 2  # latent groups of a clip that a model is shown to go on from, or to end in


class Work:
    """What the ways of making a request (scenes.py, edits.py) have in hand."""

    def __init__(
        self, family: Family, able: Capabilities, request: RenderRequest, on_step: OnStep
    ) -> None:
        self.family, self.able, self.request = family, able, request
        self.size = size_of(family, request)
        self.plain = take_of(family, request)
        self._on_step, self._total = on_step, _passes(request, len(self.links()))
        self._done = self._told = 0
        self.takes: list[dict[str, Any]] = []  # what the recipe says of each

    def make(self, **changes: Any) -> Rendering:
        """One take of the request, changed so. Out of memory, it is tried again in tiles."""
        take = replace(self.plain, **changes)
        try:
            made = self._render(take)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            made = None  # the error's frames hold the memory: let go of them before trying again
        made = made or self._again(take)
        self._done += take.passes
        self.takes.append(self.family.facts(take))
        if take.start is None and take.end is None:
            return made
        frames = eased(made.frames, take.start, take.end, self.able.frame_step)
        return replace(made, frames=frames)

    def clip(self, path: Path | None) -> source.Clip:
        """A given clip at the request's size and pace."""
        if path is None:
            raise Unsupported("source", None, "a clip, for this task")
        return source.read_clip(path, self.size, self.request.fps, self.family.sample_rate)

    def picture(self, path: Path | None) -> Frames | None:
        """A given picture as one frame."""
        return source.read_picture(path, self.size) if path else None

    def samples(self, frames: int) -> int:
        """Samples of sound in so many frames."""
        return round(frames / self.request.fps * self.family.sample_rate)

    @property
    def most(self) -> int:
        """Frames of the longest take."""
        return self.able.frames_for(self.able.max_seconds)

    def links(self) -> list[int]:
        """How many new frames each take of a chain brings; of anything else one number.

        A take that goes on from another is shown the tail of it, which leaves it so much less.
        """
        request, tail = self.request, 1 + HELPFUL * self.able.frame_step
        if not request.chained:
            return [request.frames]
        new = request.frames - (1 if request.task is Mode.EXTEND else 0)
        first = self.most - tail if request.task is Mode.EXTEND else self.most
        later = self.most if request.task is Mode.RESTYLE else self.most - tail
        found = [min(new, first)]
        while (left := new - sum(found)) > 0:
            found.append(min(left, later))
        return found

    def shown(self, length: int, room: int, groups: int = HELPFUL) -> int:
        """How many frames of a clip that long to show: 1 + a multiple of the model's frame step.

        `room` are the frames of a take that are left for them; more than `groups` do not help.
        """
        step = self.able.frame_step
        return 1 + (min(length, room, 1 + (groups - 1) * step) - 1) // step * step

    def fitting(self, frames: int) -> int:
        """The length of the shortest clip the model can make that has so many frames."""
        step = self.able.frame_step
        return 1 + max(1, -(-(frames - 1) // step)) * step

    def _again(self, take: Take) -> Rendering:
        gc.collect()
        if not self.family.spare_memory():
            raise MemoryError(f"{take.frames} frames of {take.width}x{take.height} do not fit")
        try:
            return self._render(take)
        except RuntimeError as error:
            if _is_out_of_memory(error):
                raise MemoryError(str(error)) from error
            raise

    def _render(self, take: Take) -> Rendering:
        return self.family.render([take], self._step)[0]

    def _step(self, done: int, _total: int) -> None:
        self._told = max(self._told, self._done + done)  # a second try does not go back
        self._on_step(self._told, self._total)


def size_of(family: Family, request: RenderRequest) -> tuple[int, int]:
    """The size that is rendered: a preview's is smaller where the model can."""
    if request.tier is Tier.PREVIEW:
        return family.preview_size(request.width, request.height)
    return request.width, request.height


def take_of(family: Family, request: RenderRequest) -> Take:
    """The request as a take of text and references alone."""
    size, whole = size_of(family, request), (request.width, request.height)
    return Take(
        prompt=request.prompt,
        seed=request.seed,
        width=size[0],
        height=size[1],
        frames=request.frames,
        fps=request.fps,
        steps=request.steps,
        guidance=request.guidance,
        references=tuple(source.read_reference(path) for path in request.references),
        likenesses=tuple(source.read_likeness(path) for path in request.references),
        noise_size=None if size == whole else whole,
    )


def _passes(request: RenderRequest, takes: int) -> int:
    """All sampler steps of a request, known before the first; `takes` are those of a chain."""
    if request.task in (Mode.RESTYLE, Mode.RECAST):
        return max(1, round(request.steps * request.strength)) * takes
    still_first = request.loop and request.first_frame is None
    return request.steps * max(len(request.shots), 2 if still_first else 1, takes)


def _is_out_of_memory(error: BaseException) -> bool:
    """torch has a class for a GPU's memory only, and words for that of a machine."""
    says = str(error)
    named = type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError)
    return named or "out of memory" in says or "can't allocate memory" in says

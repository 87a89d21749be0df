"""What a model folder can do, read from its JSON files alone, so that a web process may ask."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from generation.engine import families
from generation.engine.loading import CARD, INDEXES, SOUNDTRACK, class_name_of, soundtrack_of
from generation.engine.takes import Primitive
from generation.engine.types import OF_A_CLIP, Capabilities, Mode, RenderRequest, Tier, Unsupported

NEEDED: dict[Mode, set[Primitive]] = {  # what a family must take in for each mode
    Mode.TEXT: {Primitive.TEXT},
    Mode.FIRST_FRAME: {Primitive.START_PICTURE},
    Mode.LAST_FRAME: {Primitive.END_PICTURE},
    Mode.LOOP: {Primitive.START_PICTURE, Primitive.END_PICTURE, Primitive.STILL},
    Mode.EXTEND: {Primitive.START_CLIP},
    Mode.EXTEND_BACK: {Primitive.END_CLIP},
    Mode.RESTYLE: {Primitive.SOURCE},
    Mode.INPAINT: {Primitive.MASK, Primitive.START_CLIP, Primitive.END_CLIP},
    Mode.BLEND: {Primitive.START_CLIP, Primitive.END_CLIP},
    Mode.REFERENCES: {Primitive.REFERENCES},
    Mode.RECAST: {Primitive.SOURCE, Primitive.REFERENCES},
    Mode.STILL: {Primitive.STILL},
    Mode.STORYBOARD: {Primitive.TEXT},
}
STRENGTH = (0.05, 1.0)  # below it nothing would be made anew
LONGEST_CHAIN = 120.0  # seconds of takes that go on from each other
CHAINED = frozenset({None, Mode.EXTEND, Mode.RESTYLE})  # what may be longer than one take
MOST_STEPS, MOST_GUIDANCE = 200, 30.0
Refusal = tuple[str, object, object]  # field, asked, possible


def capabilities_of(folder: Path) -> Capabilities:
    """What the diffusers folder can render: its family's defaults, narrowed by its `sora.json`.
    Its files are read again when one of them has changed."""
    return _read(folder, *(_stamp(folder / name) for name in (*INDEXES, CARD, SOUNDTRACK)))


def _stamp(path: Path) -> tuple[int, ...]:
    """Tells a file or folder from what is there later; empty where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=64)
def _read(folder: Path, *stamps: tuple[int, ...]) -> Capabilities:
    family = families.known(class_name_of(folder))
    sound = family.usual.sound or soundtrack_of(folder) is not None
    usual = replace(family.usual, modes=modes_of(family.primitives), sound=sound)
    return _narrowed(usual, card_of(folder).get("capabilities", {}))


def modes_of(primitives: frozenset[Primitive]) -> frozenset[Mode]:
    """The modes of a family that takes these in."""
    return frozenset(mode for mode, needed in NEEDED.items() if needed <= primitives)


def card_of(folder: Path) -> dict[str, Any]:
    """The folder's `sora.json`, empty where an operator brought plain weights."""
    path = folder / CARD
    card: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return card


def check(able: Capabilities, request: RenderRequest) -> None:
    """Raise Unsupported, naming the field and what is possible, if the model cannot do this.

    Only the fields count: the files they name need not exist yet.
    """
    for rule in (_modes, _size, _length, _effort, _people, _clip, _frames_and_loop, _storyboard):
        for field, asked, possible in rule(able, request):
            raise Unsupported(field, asked, possible)


def as_card(able: Capabilities) -> dict[str, Any]:
    """The capabilities as they stand in a card."""
    return asdict(able) | {"modes": sorted(able.modes)}


def _narrowed(family: Capabilities, card: dict[str, Any]) -> Capabilities:
    known = dict(card)
    if "modes" in known:
        known["modes"] = frozenset(Mode(mode) for mode in known["modes"])
    if "sizes" in known:
        known["sizes"] = tuple((width, height) for width, height in known["sizes"])
    if "tiers" in known:
        known["tiers"] = {Tier(tier): steps for tier, steps in known["tiers"].items()}
    return replace(family, **known)


def _modes(able: Capabilities, request: RenderRequest) -> Iterator[Refusal]:
    for mode in sorted(request.modes - able.modes):
        yield mode.value, True, sorted(able.modes)


def _size(able: Capabilities, request: RenderRequest) -> Iterator[Refusal]:
    if (request.width, request.height) not in able.sizes:
        yield "size", (request.width, request.height), able.sizes


def _length(able: Capabilities, request: RenderRequest) -> Iterator[Refusal]:
    if request.fps != able.fps:
        yield "fps", request.fps, able.fps
    if request.shots:
        return  # each of them has its own length
    if request.chained and request.task not in CHAINED:
        yield "chained", True, "only from text, to extend and to restyle"
    possible = _lengths(able, LONGEST_CHAIN if request.chained else able.max_seconds)
    if request.frames not in ([1, *possible] if Mode.STILL in able.modes else possible):
        yield "frames", request.frames, possible


def _effort(able: Capabilities, request: RenderRequest) -> Iterator[Refusal]:
    if not 1 <= request.steps <= MOST_STEPS:
        yield "steps", request.steps, [1, MOST_STEPS]
    if not 0 <= request.guidance <= MOST_GUIDANCE:  # nan is not between anything
        yield "guidance", request.guidance, [0, MOST_GUIDANCE]
    if not STRENGTH[0] <= request.strength <= STRENGTH[1]:
        yield "strength", request.strength, list(STRENGTH)


def _people(able: Capabilities, request: RenderRequest) -> Iterator[Refusal]:
    if len(request.references) > able.max_references:
        yield "references", len(request.references), able.max_references
    if request.task is Mode.RECAST and not request.references:
        yield "references", 0, [1, able.max_references]


def _clip(able: Capabilities, request: RenderRequest) -> Iterator[Refusal]:
    task = request.task
    if task is not None and task not in OF_A_CLIP:
        yield "task", str(task), sorted(OF_A_CLIP)
    if task is not None and request.source is None:
        yield "source", None, "a clip, for this task"
    if task is None and request.source is not None:
        yield "task", None, sorted(OF_A_CLIP & able.modes)
    if (task is Mode.BLEND) != (request.other is not None):
        yield "other", request.other and str(request.other), "a second clip, for a blend alone"
    if task is not Mode.INPAINT and request.mask is not None:
        yield "mask", str(request.mask), "only to inpaint"
    if task is not Mode.INPAINT and request.span is not None:
        yield "span", request.span, "only to inpaint"
    if task is Mode.INPAINT:
        yield from _part(able, request)


def _part(able: Capabilities, request: RenderRequest) -> Iterator[Refusal]:
    """What of the clip is drawn anew must be said, and be a part that the model can make."""
    if request.span is None:
        if request.mask is None:
            yield "mask", None, "a picture, white where the clip is drawn anew, or a span"
        return
    begin, end = request.span
    if not (0 <= begin < end and math.isfinite(end)):
        yield "span", request.span, "seconds from 0 on, the first before the second"
    if end - begin > able.max_seconds:
        yield "span", request.span, f"at most {able.max_seconds} seconds"


def _frames_and_loop(able: Capabilities, request: RenderRequest) -> Iterator[Refusal]:
    shown = {"first_frame": request.first_frame, "last_frame": request.last_frame}
    for name, path in shown.items():
        if path is not None and (request.task is not None or request.frames == 1):
            yield name, str(path), "only in a clip made from text"
    if request.loop and request.chained:
        yield "loop", True, f"only up to {able.max_seconds:g} seconds"
    if request.loop and (request.task is not None or request.frames == 1 or request.shots):
        yield "loop", True, "only in a clip made from text"
    if request.loop and request.last_frame is not None:
        yield "last_frame", str(request.last_frame), "none: a loop ends where it begins"
    if request.task is not None and request.frames == 1:
        yield "frames", 1, _lengths(able, able.max_seconds)


def _storyboard(able: Capabilities, request: RenderRequest) -> Iterator[Refusal]:
    shots, lengths = request.shots, _lengths(able, able.max_seconds)
    if len(shots) > able.max_shots:
        yield "shots", len(shots), able.max_shots
    for shot in shots:
        if shot.frames not in lengths:
            yield "shots", shot.frames, lengths
    if shots and request.task is not None:
        yield "shots", len(shots), "none, for this task"


def _lengths(able: Capabilities, seconds: float) -> list[int]:
    """The numbers of frames a clip of at most so many seconds can have."""
    step = able.frame_step
    return [*range(1 + step, able.frames_for(seconds) + 1, step)]

"""From a request to a rendering: which way each mode is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from generation.engine import chains, edits, scenes
from generation.engine.families import Family
from generation.engine.takes import OnStep, can_share
from generation.engine.types import Capabilities, Mode, Rendering, RenderRequest
from generation.engine.work import Work, take_of

WAYS: dict[Mode, Callable[[Work], Rendering]] = {
    Mode.EXTEND: edits.extended,
    Mode.EXTEND_BACK: edits.extended_back,
    Mode.RESTYLE: edits.redrawn,
    Mode.RECAST: edits.redrawn,
    Mode.INPAINT: edits.mended,
    Mode.BLEND: edits.blended,
    Mode.STORYBOARD: scenes.told,
    Mode.LOOP: scenes.looped,
}


def carry_out(
    family: Family, able: Capabilities, request: RenderRequest, on_step: OnStep
) -> Rendering:
    """Make the request; `on_step(done, total)` counts the steps of all its takes together."""
    way = next((way for mode, way in WAYS.items() if mode in request.modes), scenes.plain)
    if request.chained:
        way = chains.CHAINS[request.task]
    work = Work(family, able, request, on_step)
    made = way(work)
    return replace(made, takes=tuple(work.takes))


def carry_out_together(
    family: Family, requests: Sequence[RenderRequest], on_step: OnStep
) -> list[Rendering]:
    """Make requests that share_a_forward, in one."""
    takes = [take_of(family, request) for request in requests]
    pairs = zip(takes, family.render(takes, on_step), strict=True)
    return [replace(made, takes=(family.facts(take),)) for take, made in pairs]


def share_a_forward(family: Family, requests: Sequence[RenderRequest]) -> bool:
    """Whether these are clips of text alone and of one shape, and the family can make them so."""
    if not family.shares or any(request.modes != {Mode.TEXT} for request in requests):
        return False
    return can_share([take_of(family, request) for request in requests])

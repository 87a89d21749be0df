"""Several requests for one model: in one forward where they can share it, else one by one."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generation.engine.takes import OnStep
from generation.engine.types import Rendering, RenderRequest, Stopped

if TYPE_CHECKING:
    from generation.engine.render import Engine

log = logging.getLogger(__name__)


@dataclass
class Item:
    """What became of one request: a rendering or an error, and with how many it was made.

    Rounding depends on how many share a forward and on the place among them, and on nothing else
    of the others: to repeat it bit for bit, take that place among as many of the same request.
    """

    request: RenderRequest
    rendering: Rendering | None
    error: Exception | None
    seconds: float  # of the forward, its share where several were in it
    together: int = 1
    place: int = 0


def render_all(engine: Engine, requests: Sequence[RenderRequest], on_step: OnStep) -> list[Item]:
    """Render every request. Whatever goes wrong with all of them in one forward is tried with each
    alone, so that a bad one takes nobody along. Only Stopped is raised."""
    if len(requests) > 1 and engine.can_share(requests):
        try:
            return _share(engine, requests, on_step)
        except Stopped:
            raise
        except Exception:
            log.warning("%d requests fail together", len(requests), exc_info=True)
    return [
        _alone(engine, request, _part(on_step, number, len(requests)))
        for number, request in enumerate(requests)
    ]


def fingerprint(made: Rendering) -> str:
    """SHA-256 of the frames and the sound, before any encoder."""
    digest = hashlib.sha256(f"{made.frames.shape} {made.fps} {made.sample_rate}".encode())
    digest.update(np.ascontiguousarray(made.frames))
    digest.update(np.ascontiguousarray(made.sound, np.float32))
    return digest.hexdigest()


def _share(engine: Engine, requests: Sequence[RenderRequest], on_step: OnStep) -> list[Item]:
    began = time.perf_counter()
    made = engine.render_together(requests, on_step)
    seconds = (time.perf_counter() - began) / len(made)
    return [
        Item(request, rendering, None, seconds, len(made), place)
        for place, (request, rendering) in enumerate(zip(requests, made, strict=True))
    ]


def _alone(engine: Engine, request: RenderRequest, on_step: OnStep) -> Item:
    began, rendering, wrong = time.perf_counter(), None, None
    try:
        rendering = engine.render(request, on_step)
    except Stopped:
        raise
    except Exception as error:
        wrong = error
    return Item(request, rendering, wrong, time.perf_counter() - began)


def _part(on_step: OnStep, number: int, of: int) -> OnStep:
    """The steps of one of several equally long renderings, told as a part of them all."""
    return lambda done, total: on_step(number * total + done, of * total)

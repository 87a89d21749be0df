"""The shipped model in its child: a clip, a still, loading, memory, cancelling, progress."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

from bench.memory import watching
from bench.output import spread, write

if TYPE_CHECKING:
    from generation.engine.types import Capabilities
    from generation.rendering import Child

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sora_social.settings")
CLIPS, STILLS, STOPS = 5, 5, 5
PROMPT = "a red ball rolls on a beach"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA"] = folder
        django.setup()
        write(_measured(Path(folder)))


def _measured(folder: Path) -> dict[str, Any]:
    from django.conf import settings  # noqa: PLC0415 -- DATA is set only now

    from generation.engine.capabilities import capabilities_of  # noqa: PLC0415 -- likewise
    from generation.rendering import Child  # noqa: PLC0415 -- likewise

    able = capabilities_of(settings.GENERATION_MODEL)
    child, began = Child(settings.GENERATION_MODEL), time.perf_counter()
    try:
        with watching(child.process.pid) as peak:
            _ask(child, {"do": "load"})
            loaded = time.perf_counter() - began
            made = _clips(child, able, folder)
            stops = _stops(child, able)
    finally:
        child.kill()
    return {
        "load_s": loaded,
        "portrait_s": made["clip"]["p50"],
        "still_s": made["still"]["p50"],
        "child_gib": peak.bytes / 2**30,
        "cancel_s": stops["frees_s"],
        "progress_share": made["progress_share"],
        "model": settings.GENERATION_MODEL.name,
        "cores": os.cpu_count(),
        **made,
        "stops": stops,
    }


def _clips(child: Child, able: Capabilities, folder: Path) -> dict[str, Any]:
    """Portrait clips of two seconds with sound, and stills: rendered and encoded."""
    clips = [_one(child, _plain(able, seed), folder) for seed in range(CLIPS + 1)][1:]
    stills = [_one(child, _plain(able, seed, frames=1), folder) for seed in range(STILLS)]
    telling = sum(told["telling_seconds"] for _, told in clips)
    return {
        "clip": spread([seconds for seconds, _ in clips]),
        "still": spread([seconds for seconds, _ in stills]),
        "of_it_model_s": spread([told["model_seconds"] for _, told in clips]),
        "progress_share": telling / sum(told["model_seconds"] for _, told in clips),
        "size": [_plain(able, 0)[side] for side in ("width", "height", "frames")],
    }


def _stops(child: Child, able: Capabilities) -> dict[str, Any]:
    """How long the device stays busy after a cancel: of a clip, and of as many long clips as share
    a forward. A worker looks every LOOK seconds whether somebody cancelled: the worst adds up."""
    from generation.heartbeat import LOOK  # noqa: PLC0415 -- DATA is set only now

    long = {"frames": able.frames_for(able.max_seconds), "steps": 4 * able.steps}
    one = [_stop(child, [_plain(able, 0, steps=4 * able.steps)], 0.2 * n) for n in range(1, STOPS)]
    requests = [_plain(able, seed, **long) for seed in range(able.together)]
    many = [_stop(child, requests, 0.3 * n) for n in range(1, STOPS)]
    worst = max(one + many) + LOOK
    return {"clip": spread(one), "many_long": spread(many), "look_s": LOOK, "frees_s": worst}


def _one(child: Child, plain: dict[str, Any], folder: Path) -> tuple[float, dict[str, Any]]:
    began = time.perf_counter()
    told = _ask(child, {"do": "render", "requests": [plain]})
    _ask(child, {"do": "encode", "item": 0, "folder": str(folder)})
    return time.perf_counter() - began, told


def _stop(child: Child, requests: list[dict[str, Any]], after: float) -> float:
    """Seconds from the cancel, so long after the first step, until the child is free."""
    from generation.rendering import RenderStopped  # noqa: PLC0415 -- DATA is set only now

    lost, asked = threading.Event(), [0.0]

    def cancel() -> None:
        asked[0] = time.perf_counter()
        lost.set()

    def on_step(done: int, of: int) -> None:
        if done == 1:
            threading.Timer(after, cancel).start()

    try:
        child.ask({"do": "render", "requests": requests}, on_step, lost)
    except RenderStopped:
        if not child.usable:
            raise RuntimeError("the child had to be killed") from None
        return time.perf_counter() - asked[0]
    raise RuntimeError("the rendering ended before it could be cancelled")


def _ask(child: Child, order: dict[str, Any]) -> dict[str, Any]:
    return child.ask(order, lambda done, of: None, threading.Event())


def _plain(able: Capabilities, seed: int, **changes: Any) -> dict[str, Any]:
    """A request for a portrait clip of two seconds, or what is nearest to that."""
    width, height = min(able.sizes, key=lambda size: size[0] / size[1])
    plain = {"prompt": PROMPT, "seed": seed, "width": width, "height": height, "fps": able.fps}
    plain |= {"frames": able.frames_for(2.0), "steps": able.steps, "guidance": able.guidance}
    return plain | changes


if __name__ == "__main__":
    main()

"""Clips per minute with jobs waiting: our engine against stock diffusers, each gain apart.

Stock is `LTX2InContextPipeline.from_pretrained` in fp32 with classifier-free guidance, one job at a
time. Everything runs in one process on the same prompts, seeds, sizes and steps, and stock is
measured before and after the rest, so that a busy machine shows.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import LTX2InContextPipeline

from bench.output import write
from generation.engine import render
from generation.engine.capabilities import capabilities_of, card_of
from generation.engine.distil import GUIDANCE
from generation.engine.families.ltx2 import PLAIN
from generation.engine.loading import OUR_CLASSES
from generation.engine.types import Capabilities, RenderRequest

SHIPPED = Path(render.__file__).parent / "small"
JOBS = 8  # where the card's guidance is 1, stock guides as its teacher did
PROMPTS = (
    "a red ball rolls on a beach",
    "a child in a green shirt jumps in the snow",
    "a blue car drives through the city at night",
    "two people dance on a stage",
)
Clips = list[np.ndarray]


@dataclass(frozen=True)
class Setting:
    """One way to run our engine."""

    name: str
    bf16: bool = False
    distilled: bool = False  # one forward a step
    together: int = 1
    compiled: bool = False

    @property
    def options(self) -> dict[str, Any]:
        return {"dtype": "bf16" if self.bf16 else "fp32", "compile": self.compiled}


def settings_for(able: Capabilities, jobs: int) -> list[Setting]:
    """Each gain by itself, then those that pay, together."""
    distilled, bf16 = able.guidance == 1, torch.cpu._is_avx512_bf16_supported()
    alone = [
        Setting("fp32, guided, one by one"),
        Setting("bf16", bf16=True),
        Setting(f"{jobs} in one forward", together=jobs),
        Setting("compiled", compiled=True),
        *([Setting("guidance distilled", distilled=True)] if distilled else []),
    ]
    return [*alone, Setting("all", bf16=bf16, distilled=distilled, together=able.together)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--without", nargs="*", default=[], help="names of settings to leave out")
    given = parser.parse_known_args()[0]
    able = capabilities_of(given.model)
    requests = [_request(able, seed, given.seconds) for seed in range(given.jobs)]
    stock = stock_of(given.model)
    truth, before = _timed(lambda: [stock(request) for request in requests])
    rows = [
        _measured(setting, given.model, requests, truth)
        for setting in settings_for(able, given.jobs)
        if setting.name not in given.without
    ]
    _, after = _timed(lambda: [stock(request) for request in requests])
    write(_summary(rows, before, after, requests))


def stock_of(folder: Path) -> Callable[[RenderRequest], np.ndarray]:
    """Stock diffusers, as its documentation shows it; it loads only classes that are imported."""
    for module in OUR_CLASSES:
        importlib.import_module(module)
    pipeline = LTX2InContextPipeline.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    call = card_of(folder).get("call", {})

    def clip(request: RenderRequest) -> np.ndarray:
        made = pipeline(
            **PLAIN | call,
            prompt=request.prompt,
            width=request.width,
            height=request.height,
            num_frames=request.frames,
            frame_rate=float(request.fps),
            num_inference_steps=request.steps,
            guidance_scale=max(request.guidance, GUIDANCE),
            audio_guidance_scale=max(request.guidance, GUIDANCE),
            generator=torch.Generator().manual_seed(request.seed),
            output_type="np",
        )
        return (made.frames[0] * 255).round().astype(np.uint8)

    return clip


def _measured(
    setting: Setting, folder: Path, requests: Sequence[RenderRequest], truth: Clips
) -> dict[str, Any]:
    engine = render.load(folder, setting.options)
    guidance = 1.0 if setting.distilled else max(engine.capabilities.guidance, GUIDANCE)
    asked = [_with(request, guidance=guidance) for request in requests]
    _, warm_up = _timed(lambda: _render(engine, asked[: setting.together], setting.together))
    made, seconds = _timed(lambda: _render(engine, asked, setting.together))
    return {
        "setting": setting.name,
        "seconds": seconds,
        "clips_per_minute": 60 * len(made) / seconds,
        "warm_up_s": warm_up,
        "psnr_to_stock_db": _psnr(made, truth),
    }


def _render(engine: render.Engine, requests: Sequence[RenderRequest], together: int) -> Clips:
    made = []
    for first in range(0, len(requests), together):
        crew = requests[first : first + together]
        if together == 1:
            made += [engine.render(crew[0], _quietly)]
        else:
            made += engine.render_together(crew, _quietly)
    return [rendering.frames for rendering in made]


def _summary(
    rows: list[dict[str, Any]], before: float, after: float, requests: Sequence[RenderRequest]
) -> dict[str, Any]:
    stock = (before + after) / 2
    ours = next(row["seconds"] for row in rows if row["setting"] == "all")
    return {
        "ours_to_stock": ours / stock,  # time for the same clips
        "times_stock": stock / ours,
        "stock": {"before_s": before, "after_s": after},
        "stock_clips_per_minute": 60 * len(requests) / stock,
        "settings": [row | {"times_stock": stock / row["seconds"]} for row in rows],
        "jobs": len(requests),
        "size": [requests[0].width, requests[0].height, requests[0].frames],
        "steps": requests[0].steps,
        "threads": torch.get_num_threads(),
    }


def _request(able: Capabilities, seed: int, seconds: float) -> RenderRequest:
    width, height = min(able.sizes, key=lambda size: size[0] / size[1])
    return RenderRequest(
        PROMPTS[seed % len(PROMPTS)], seed, width, height, able.frames_for(seconds),
        able.fps, able.steps, able.guidance,
    )  # fmt: skip


def _with(request: RenderRequest, **changes: Any) -> RenderRequest:
    return RenderRequest(**vars(request) | changes)


def _psnr(made: Clips, truth: Clips) -> float | None:
    """How near the clips are to stock's; None where they are the same."""
    pairs = zip(made, truth, strict=True)
    wrong = np.mean([np.square(a.astype(float) - b).mean() for a, b in pairs])
    return float(10 * np.log10(255**2 / wrong)) if wrong else None


def _quietly(done: int, of: int) -> None:
    return None


def _timed(do: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return do(), time.perf_counter() - began


if __name__ == "__main__":
    main()

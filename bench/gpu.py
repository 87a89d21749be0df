"""On a GPU: LTX-2 at production size with random weights; how near its loop comes to the card.

`python -m bench.gpu --out FILE.json` needs torch, diffusers and Pillow, no weights and no Django.
Every measurement is written as it is made: start it again and it goes on, and with `--minutes` it
begins nothing new after so long. `--tiny` rehearses all of it on a CPU.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from bench import gpu_parts as parts
from bench.gpu_plot import plot

Found = dict[str, Any]
BATCHES, LENGTHS = (1, 2, 4, 8), (1, 2, 5, 10)  # clips, seconds
USUAL = 5  # seconds of the clip that batches are made of
WAYS = {
    "stock": {"guidance": 3.0},  # as its documentation shows it: one job, two forwards a step
    "distilled": {"guidance": 1.0},
    "distilled, 4 together": {"guidance": 1.0, "batch": 4},
    "distilled, compiled": {"guidance": 1.0, "compiled": True},
    "distilled, compiled, 4 together": {"guidance": 1.0, "compiled": True, "batch": 4},
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path("var/bench/gpu.json"))
    parser.add_argument("--tiny", action="store_true", help="a tiny model, on any machine")
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--only", nargs="*", default=[], help="how the names begin")
    given = parser.parse_args()
    found = json.loads(given.out.read_text()) if given.out.exists() else {}
    given.out.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * given.minutes
    bench = Bench(parts.TINY if given.tiny else parts.PRODUCTION, found)
    for name, measure in bench.measurements().items():
        is_wanted = not given.only or name.startswith(tuple(given.only))
        if name in found or not is_wanted or time.monotonic() > until:
            continue
        print(f"==> {name}", flush=True)
        found[name] = _tried(measure)
        given.out.write_text(json.dumps(found | {"summary": summary(found)}, indent=2))
        print(json.dumps(found[name]), flush=True)
    if any(name.startswith("forward") for name in found):
        plot(found, given.out.with_suffix(".png"))


class Bench:
    """The measurements by name; the model is built when the first of them needs it."""

    def __init__(self, scale: parts.Scale, found: Found) -> None:
        self.scale, self.found = scale, found
        self._pipeline: Any = None
        self._is_compiled = False

    def measurements(self) -> dict[str, Callable[[], Found]]:
        """Cheap ones first; what needs a compiled network comes last."""
        made: dict[str, Callable[[], Found]] = {"card": lambda: parts.card(self.scale)}
        for compiled in (False, True):
            how = "compiled" if compiled else "eager"
            for batch, seconds in _shapes():
                name = f"forward {how} {batch} x {seconds} s"
                made[name] = lambda b=batch, s=seconds, c=compiled: self.forward(b, s, c)
            for name, way in WAYS.items():
                if way.get("compiled", False) is compiled:
                    made[f"clips {name}"] = lambda way=way: self.clips(**way)
        return made

    def forward(self, batch: int, seconds: int, compiled: bool) -> Found:
        """One forward of the network: time, share of the card's rate, memory."""
        network, scale = self.pipeline(compiled).transformer, self.scale
        given = parts.inputs(network, scale, batch, seconds)
        flops = parts.flops(scale, batch, seconds)
        took, warm_up, peak = parts.timed(lambda: network(**given), scale.device)
        return {
            "seconds": took,
            "per_clip_s": took / batch,
            "warm_up_s": warm_up,
            "tflop": flops / 1e12,
            "mfu": self._share(flops / took),
            "peak_gib": peak,
            "tokens": given["hidden_states"].shape[1],
        }

    def clips(self, guidance: float, batch: int = 1, compiled: bool = False) -> Found:
        """Whole clips with sound by the pipeline, text states to frames; MFU is of its loop."""
        pipeline, scale = self.pipeline(compiled), self.scale
        call = parts.call(pipeline, scale, batch, USUAL, guidance)
        ticks: list[float] = []
        call["callback_on_step_end"] = parts.ticking(ticks, scale.device)
        took, warm_up, peak = parts.timed(lambda: pipeline(**call), scale.device, rounds=2)
        loop = (ticks[-1] - ticks[-scale.steps]) / (scale.steps - 1)  # of the last round
        forwards = 2 * batch if guidance > 1 else batch
        return {
            "seconds": took,
            "clips_per_minute": 60 * batch / took,
            "step_s": loop,
            "mfu": self._share(parts.flops(scale, forwards, USUAL) / loop),
            "warm_up_s": warm_up,
            "peak_gib": peak,
        }

    def pipeline(self, compiled: bool) -> Any:
        """Built on the device; once compiled it stays so, which is why compiled ways come last."""
        if self._pipeline is None:
            self._pipeline = parts.pipeline(self.scale)
        if compiled and not self._is_compiled:
            self._pipeline.transformer.compile_repeated_blocks()
            self._is_compiled = True
        assert self._is_compiled is compiled, "compiled ways come last"
        return self._pipeline

    def _share(self, rate: float) -> float | None:
        """Of the measured rate of the card."""
        card = self.found.get("card", {})
        return rate / 1e12 / card["tflop_per_s"] if "tflop_per_s" in card else None


def summary(found: Found) -> Found:
    """The figures that have limits: the best MFU of a loop, and our clips against stock's."""
    clips = {name: row for name, row in found.items() if name.startswith("clips") and "mfu" in row}
    if not clips:
        return {}
    best = max(clips.values(), key=lambda row: row["clips_per_minute"])
    stock = clips.get("clips stock", {}).get("clips_per_minute")
    return {
        "loop_mfu": max(row["mfu"] or 0 for row in clips.values()),
        "clips_per_minute": best["clips_per_minute"],
        "times_stock": best["clips_per_minute"] / stock if stock else None,
        "peak_gib": max(row["peak_gib"] or 0 for row in clips.values()),
    }


def _shapes() -> list[tuple[int, int]]:
    """Batches of the usual clip, and single clips of every length."""
    return [(batch, USUAL) for batch in BATCHES] + [(1, s) for s in LENGTHS if s != USUAL]


def _tried(measure: Callable[[], Found]) -> Found:
    """What does not fit is a finding as well."""
    try:
        return measure()
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        return {"error": f"out of memory: {str(error)[:200]}"}


if __name__ == "__main__":
    main()

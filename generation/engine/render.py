"""Loading a model folder and rendering with it. One code path for every family."""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # weights come from a folder, never from a network
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads starve a shared machine

import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from generation.engine import families, plan
from generation.engine.capabilities import capabilities_of, card_of, check
from generation.engine.families import Family, Options
from generation.engine.loading import Findings, examine, weights_hash
from generation.engine.takes import OnStep
from generation.engine.types import Rendering, RenderRequest

__all__ = ["Engine", "load", "weights_hash"]
OPTIONS = "SORA_ENGINE_OPTIONS"  # JSON in the environment of the process that renders
LIBRARIES = ("torch", "diffusers", "transformers")


def load(folder: Path, options: Mapping[str, Any] | None = None) -> Engine:
    """Load the checked folder without a network: by these options, else by the environment's."""
    findings = examine(folder)
    diffusers_logging.set_verbosity_error()
    for logging in (diffusers_logging, transformers_logging):
        logging.disable_progress_bar()
    asked = json.loads(os.environ.get(OPTIONS, "{}")) if options is None else options
    chosen = Options.of(card_of(folder).get("options", {}) | dict(asked))
    return Engine(folder, families.load(findings.class_name, folder, chosen), findings)


class Engine:
    """A loaded model. `weights_hash` is the SHA-256 over its weight files."""

    def __init__(self, folder: Path, model: Family, findings: Findings) -> None:
        self.capabilities = capabilities_of(folder)
        self.family = self.capabilities.family
        self.weights_hash = findings.weights_hash
        self._model = model

    @property
    def network(self) -> torch.nn.Module:
        """The net that is called at every step."""
        return self._model.network

    def render(self, request: RenderRequest, on_step: OnStep) -> Rendering:
        """Make the clip; `on_step(done, total)` is called after each step and may raise Stopped."""
        check(self.capabilities, request)
        return plan.carry_out(self._model, self.capabilities, request, on_step)

    def render_together(
        self, requests: Sequence[RenderRequest], on_step: OnStep
    ) -> list[Rendering]:
        """Make clips that can_share in one forward, each as it would be alone."""
        for request in requests:
            check(self.capabilities, request)
        return plan.carry_out_together(self._model, requests, on_step)

    def can_share(self, requests: Sequence[RenderRequest]) -> bool:
        """Whether these can be made in one forward."""
        return plan.share_a_forward(self._model, requests)

    def recipe(self, request: RenderRequest, made: Rendering) -> dict[str, Any]:
        """All that determined the pixels, but for the files that were given."""
        return {
            "family": self.family,
            "weights_hash": self.weights_hash,
            "modes": sorted(request.modes),
            "tier": str(request.tier),
            "seed": request.seed,
            "size": [request.width, request.height],
            "frames": request.frames,
            "fps": request.fps,
            "steps": request.steps,
            "guidance": request.guidance,
            "strength": request.strength,
            "threads": torch.get_num_threads(),
            "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
            "takes": list(made.takes),
        }

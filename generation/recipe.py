"""All that is needed to make the same video again, kept with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from generation import lineup, orders
from generation.engine.types import RenderRequest
from generation.models import UPLOADS, Job

LIBRARIES = ("torch", "diffusers", "transformers", "numpy", "av")
Inputs = dict[str, list[Path]]  # by what they are to the engine
Hashes = dict[str, list[str]]
# of a request: files, kept by hash, and texts, kept by other names
ELSEWHERE = frozenset({"references", *UPLOADS, "source", "other", "prompt", "shots"})


def hashes_of(paths: Mapping[str, Sequence[Path]]) -> Hashes:
    """What went in, by sha256."""
    return {
        name: [hashlib.sha256(path.read_bytes()).hexdigest() for path in found]
        for name, found in paths.items()
    }


def recipe_of(
    job: Job,
    request: RenderRequest,
    words: Mapping[str, Any],
    hashes: Hashes,
    rendered: Mapping[str, Any],
    variant: int,
) -> dict[str, Any]:
    """What was asked of which model with what, and what it said of its own making."""
    item = dict(rendered["items"][variant])
    facts = item.pop("recipe", {})
    versions = facts.pop("libraries", {}) | {name: version(name) for name in LIBRARIES}
    return {
        **{name: fact for name, fact in rendered.items() if name != "items"},
        **facts,
        **item,
        "model": lineup.name_of(job.model),
        **asked_of(request),
        "prompt": job.prompt,
        **words,
        "inputs": hashes,
        "versions": versions,
    }


def recipe_of_stitch(job: Job, hashes: Hashes) -> dict[str, Any]:
    """No model has a part in it."""
    versions = {"av": version("av")}
    return {"task": job.task, "prompt": job.prompt, "inputs": hashes, "versions": versions}


def asked_of(request: RenderRequest) -> dict[str, Any]:
    """The request without its texts and files, which a recipe keeps by other names."""
    said = {name: value for name, value in orders.plain(request).items() if name not in ELSEWHERE}
    return said | {"shot_frames": [shot.frames for shot in request.shots]}


def requests_again(recipe: Mapping[str, Any], paths: Inputs) -> list[dict[str, Any]]:
    """The request that makes it again: as often as there were in its forward, for how a sum of
    floats is rounded depends on how many are summed together."""
    return [_request_again(recipe, paths)] * recipe.get("together", 1)


def _request_again(recipe: Mapping[str, Any], paths: Inputs) -> dict[str, Any]:
    """The request of a recipe as plain values, its files by their paths of now."""
    names = {one.name for one in fields(RenderRequest)} - ELSEWHERE
    prompts = zip(recipe["engine_shots"], recipe["shot_frames"], strict=True)
    return {
        **{name: recipe[name] for name in names if name in recipe},
        **{name: str(found[0]) for name, found in paths.items() if name != "references"},
        "references": [str(path) for path in paths.get("references", [])],
        "prompt": recipe["engine_prompt"],
        "shots": [{"prompt": prompt, "frames": frames} for prompt, frames in prompts],
    }

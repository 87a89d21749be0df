"""Imports ahead of the first load: what a model needs, and no more of it than it needs.

torch, diffusers and transformers take seconds to import. A good part of that is other libraries
which they import where they find them and which no model here uses; a process that only renders
says that it has none of those.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from generation.engine import families
from generation.engine.loading import LIBRARIES, class_name_of, parts_of

CURVES = ("scipy",)  # schedulers draw their levels along its beta curve, where a folder asks
UNUSED = ("boto3", "onnxruntime", "pandas", "sklearn", "skimage")
ASKED = "use_beta_sigmas"


def prepare(folders: Sequence[Path]) -> None:
    """Import what the first folder needs; the others are those that may be loaded later.

    For a process that does nothing but render: what is unused cannot be imported from now on.
    Whatever is wrong with a folder is said by whoever loads it.
    """
    do_without(UNUSED if any(map(_draws_curves, folders)) else UNUSED + CURVES)
    gc.disable()  # modules are no garbage: looking for some in them takes a tenth of the time
    try:
        with suppress(Exception):
            _import(folders[0])
    finally:
        gc.enable()


def do_without(libraries: Sequence[str]) -> None:
    """From now on an import of these fails as if they were not installed: what None stands for in
    `sys.modules`."""
    for name in libraries:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def _import(folder: Path) -> None:
    """The engine, the family, and the classes of its parts that come from libraries."""
    importlib.import_module("generation.engine.render")
    families.module_of(class_name_of(folder))
    for _, library, class_name in parts_of(folder):
        if library in LIBRARIES:
            getattr(importlib.import_module(library), class_name)


def _draws_curves(folder: Path) -> bool:
    """Whether a scheduler of the folder draws its levels with scipy."""
    return any(map(_asks, folder.rglob("scheduler_config.json")))


def _asks(config: Path) -> bool:
    try:
        return bool(json.loads(config.read_text()).get(ASKED))
    except (OSError, ValueError, AttributeError, RecursionError):
        return False

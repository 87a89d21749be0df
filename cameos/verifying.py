"""Look at a clip in a short-lived child: faces are read there, and never in a web process."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

log = logging.getLogger(__name__)
WALL = 150  # seconds a look may take
FAILED = "check_failed"  # the check itself broke, through nobody's fault
CHILD = "cameos.looking"
# What the child leaves in its folder.
ANSWER, TEMPLATE, PRINTS = "finding.json", "template.npy", "prints.npy"


@dataclass(frozen=True, eq=False)
class Finding:
    """What a look at a clip found; pictures only when it passed, a template only of a capture."""

    passed: bool
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    template: np.ndarray | None = None  # (dim,) unit float32
    pictures: tuple[bytes, ...] = ()  # WebP, best first
    prints: np.ndarray | None = None  # (2, T) uint64: as filmed, and as in a mirror


def look(
    clip: Path, turns: Sequence[str], digits: str, *, mirrored: bool, language: str = "en"
) -> Finding:
    """Check a clip against its challenge. Does not raise: a look that breaks is a failed one."""
    order = {
        "clip": str(clip),
        "pack": str(settings.LIKENESS_MODEL_PACK),
        "turns": list(turns),
        "digits": digits,
        "mirrored": mirrored,
        "language": language,
        "recogniser": settings.LIKENESS_ASR,
    }
    return ask(CHILD, order)


def ask(child: str, order: dict[str, Any]) -> Finding:
    """What a child finds, `python -m CHILD ORDER FOLDER`; a look that breaks is a failed one."""
    with tempfile.TemporaryDirectory() as folder:
        return _read(Path(folder)) if _ran(child, order, folder) else Finding(False, (FAILED,))


def _ran(child: str, order: dict[str, Any], folder: str) -> bool:
    command = [sys.executable, "-m", child, json.dumps(order), folder]
    try:
        subprocess.run(
            command,
            cwd=settings.BASE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=WALL,
            check=True,
        )
    except subprocess.SubprocessError as error:
        log.error("a clip could not be looked at: %s\n%s", error, _last_words(error))
        return False
    return True


def _last_words(error: subprocess.SubprocessError) -> str:
    said = getattr(error, "stderr", None) or b""
    return said[-2000:].decode(errors="replace")


def _read(folder: Path) -> Finding:
    found = json.loads((folder / ANSWER).read_text())
    template = np.load(folder / TEMPLATE) if (folder / TEMPLATE).exists() else None
    pictures = tuple(path.read_bytes() for path in sorted(folder.glob("*.webp")))
    prints = np.load(folder / PRINTS) if (folder / PRINTS).exists() else None
    reasons, doubts = tuple(found["reasons"]), tuple(found["doubts"])
    return Finding(found["passed"], reasons, doubts, template, pictures, prints)

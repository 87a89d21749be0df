"""Build the `lite` pack: fetch, convert, measure the average face, try it, and put it in place."""

from __future__ import annotations

import fcntl
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cameos.pack.average import average_face
from cameos.pack.card import CARD, Pack, PackBroken, PackMissing, read_pack, write_card
from cameos.pack.check import self_test
from cameos.pack.detector import write_detector
from cameos.pack.fetch import Models, fetch
from cameos.pack.landmarks import write_landmarks, write_mesh
from cameos.pack.lbp import DIM, write_embedder
from cameos.pack.mesh import NET

RECIPE = 1  # counted up when a rebuilt pack would differ
LITE: dict[str, Any] = {
    "name": "lite",
    "recipe": RECIPE,
    # Similarities of this pack inform a moderator and never decide.
    "strength": "continuity",
    "dim": DIM,
    "thresholds": {
        "continuity": 0.35,
        "duplicate_review": 0.5,
        "firewall_review": 0.5,
        "firewall_block": None,
    },
    "detection": {"score": 0.75, "sizes": [128, 320], "wide": [128, 320, 640]},
    "turns": {"yaw": 12, "pitch": 6},
    "refine": True,
    "licence": "Apache-2.0 (see LICENSE); the embedding has no learned weights",
}


def build(folder: Path, say: Callable[[str], None] = print) -> Pack:
    """Build the lite pack into a folder, unless it is there already and right.

    Raises FetchFailed when the models cannot be had, PackBroken when the result fails its test.
    """
    folder = Path(folder).absolute()
    if pack := _present(folder):
        say(f"The lite pack is in place: {folder}")
        return pack
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        if not _present(folder):  # nobody built it while we waited
            _build_beside(folder, say)
    say(f"The lite pack is built: {folder}")
    return read_pack(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One builder at a time, across processes."""
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_beside(folder: Path, say: Callable[[str], None]) -> None:
    """Build in a temporary sibling and rename it: nobody ever sees half a pack."""
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        made = Path(scratch) / "pack"
        _make(made, say)
        if folder.exists():
            folder.rename(made.with_name("replaced"))
        made.rename(folder)


def _present(folder: Path) -> Pack | None:
    try:
        pack = read_pack(folder)
    except (PackMissing, PackBroken):
        return None
    card = json.loads((folder / CARD).read_bytes())
    return pack if card.get("recipe") == RECIPE else None


def _make(folder: Path, say: Callable[[str], None]) -> None:
    say("Fetching two face models (36 MB) ...")
    models = fetch()
    say("Converting them ...")
    _convert(models, folder)
    say("Measuring the average face ...")
    write_embedder(average_face(folder), folder / "w600k_lbp512.onnx")
    (folder / "LICENSE").write_bytes(models.licence)
    write_card(folder, LITE)
    say("Trying the pack on a photograph ...")
    if findings := self_test(folder):
        raise PackBroken(folder=folder, findings=findings)


def _convert(models: Models, folder: Path) -> None:
    (folder / NET).parent.mkdir(parents=True)
    write_detector(models.detector, folder / "det_blazeface.onnx")
    write_landmarks(models.landmarks, folder / "1k3d68.onnx")
    write_mesh(models.landmarks, folder / NET)

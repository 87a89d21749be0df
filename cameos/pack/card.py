"""The card of a model pack: what it holds, how far its similarities may be trusted."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sora_social.errors import DomainError

CARD = "pack.json"


class PackMissing(DomainError):
    status, code = 503, "likeness_off"
    message = "No face model pack is installed, so cameos cannot be made or checked."


class PackBroken(DomainError):
    status, code = 503, "likeness_pack_broken"
    message = "The face model pack is not what its card says."


@dataclass(frozen=True)
class Thresholds:
    """Cosine similarities; a pack that must never decide has `firewall_block` = infinity."""

    continuity: float
    duplicate_review: float
    firewall_review: float
    firewall_block: float


@dataclass(frozen=True)
class Detection:
    """Least score of a face, and the square sizes in pixels at which it is looked for."""

    score: float
    sizes: tuple[int, ...]
    wide: tuple[int, ...]


@dataclass(frozen=True)
class Turns:
    """Degrees, as this pack measures them, from which a head counts as turned."""

    yaw: float
    pitch: float


@dataclass(frozen=True)
class Pack:
    """A checked pack. `id` names its models; templates of two ids are never compared."""

    folder: Path
    id: str
    strength: Literal["continuity", "recognition"]
    dim: int
    thresholds: Thresholds
    refine: bool
    licence: str
    detection: Detection
    turns: Turns


def read_pack(folder: Path) -> Pack:
    """The pack in a folder, its files compared with its card.

    Raises PackMissing (no card there) and PackBroken (naming the file that differs).
    """
    folder = Path(folder).absolute()
    if not (folder / CARD).is_file():
        raise PackMissing(folder=folder, wanted=CARD)
    try:
        return _read(folder, json.loads((folder / CARD).read_bytes()))
    except (KeyError, TypeError, ValueError) as error:
        raise PackBroken(folder=folder, file=CARD, why=repr(error)) from error


def _read(folder: Path, card: dict[str, Any]) -> Pack:
    _compare(folder, card["files"])
    if card["strength"] not in ("continuity", "recognition"):
        raise ValueError(card["strength"])
    looks = card["detection"]
    return Pack(
        folder=folder,
        id=pack_id(card["files"]),
        strength=card["strength"],
        dim=int(card["dim"]),
        thresholds=Thresholds(**{name: _cosine(x) for name, x in card["thresholds"].items()}),
        refine=bool(card["refine"]),
        licence=str(card["licence"]),
        detection=Detection(looks["score"], tuple(looks["sizes"]), tuple(looks["wide"])),
        turns=Turns(**card["turns"]),
    )


def _cosine(threshold: float | None) -> float:
    return math.inf if threshold is None else float(threshold)


def _compare(folder: Path, files: dict[str, str]) -> None:
    """Every listed file is as listed, and no model lies there unlisted."""
    for name, digest in files.items():
        if not (folder / name).is_file() or file_hash(folder / name) != digest:
            raise PackBroken(folder=folder, file=name)
    for model in folder.glob("*.onnx"):
        if model.name not in files:
            raise PackBroken(folder=folder, file=model.name)


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack_id(files: dict[str, str]) -> str:
    """The models' identity: those insightface loads, so neither licence texts nor extras."""
    models = [name for name in files if name.endswith(".onnx") and "/" not in name]
    digests = sorted(files[name] for name in models)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write the card of a folder, with the hashes of all files that lie in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != CARD)
    hashes = {path.relative_to(folder).as_posix(): file_hash(path) for path in files}
    (folder / CARD).write_text(json.dumps(card | {"files": hashes}, indent=2) + "\n")

"""Checks of a model folder before anything of it is loaded.

Weights come from strangers, and a folder can hold a pickle that runs as it is read, code, a link
to somewhere else, or half a file. Nothing here imports torch: a web process may ask as well.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.engine.families import FAMILIES

INDEXES = ("modular_model_index.json", "model_index.json")
CARD = "sora.json"
WEIGHTS = "*.safetensors"
MANIFEST = "sora.sha256"  # as `sha256sum` writes it
SOUNDTRACK = "soundtrack"  # the folder of a text-to-audio model beside a silent family's parts
SOUNDTRACKS = ("StableAudioPipeline",)

OUR_CLASSES = (
    "generation.engine.codec",
    "generation.engine.denoiser",
    "generation.engine.sound",
)
LIBRARIES = frozenset({"diffusers", "transformers", *OUR_CLASSES})
ROOMS = frozenset({"ltx2", "stable_audio", "consisid", "wan"})  # diffusers.pipelines' own classes
PICKLES = frozenset({
    ".bin", ".ckpt", ".dill", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth",
})  # fmt: skip
CODE = frozenset({".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".sh"})
LONGEST_HEADER = 100_000_000  # bytes; the format's own limit


class BadModel(ValueError):
    """This folder must not be loaded. `rule` names why, `what` the file or name it is about."""

    def __init__(self, rule: str, what: object, possible: object = None) -> None:
        hint = f"; possible: {possible}" if possible is not None else ""
        super().__init__(f"{rule}: {what}{hint}")
        self.rule = rule
        self.what = str(what)
        self.possible = possible


@dataclass(frozen=True)
class Findings:
    """A folder that may be loaded."""

    class_name: str
    soundtrack: str  # the class of its text-to-audio model, empty without one
    weights_hash: str  # SHA-256 over the names and bytes of the weight files, in order
    weights_bytes: int
    files: int
    listed: bool  # whether a manifest vouches for every file of weights


def examine(folder: Path) -> Findings:
    """Read the folder through, or raise BadModel by the first rule it breaks."""
    class_name = class_name_of(folder)
    if class_name not in FAMILIES:
        raise BadModel("unknown_class", class_name, sorted(FAMILIES))
    soundtrack = soundtrack_of(folder)
    for whole in filter(None, (folder, soundtrack)):
        _check_files(whole)
        _check_parts(whole)
    digests = _digests(folder)
    return Findings(
        class_name=class_name,
        soundtrack=_class_of_soundtrack(soundtrack) if soundtrack else "",
        weights_hash=_hash_of(digests),
        weights_bytes=sum((folder / name).stat().st_size for name in digests),
        files=sum(path.is_file() for path in folder.rglob("*")),
        listed=_check_manifest(folder, digests),
    )


def index_of(folder: Path) -> dict[str, Any]:
    """The index that names the parts; a modular one comes first where there are both."""
    for name in INDEXES:
        if (folder / name).is_file():
            return _object(folder / name, "unreadable_index")
    raise BadModel("no_index", folder / INDEXES[-1])


def class_name_of(folder: Path) -> str:
    """The diffusers class the folder was saved from."""
    name = index_of(folder).get("_class_name")
    if not isinstance(name, str):  # a list names a file of code in the folder
        raise BadModel("custom_code", f"_class_name {name!r}", "the name of a diffusers class")
    return name


def soundtrack_of(folder: Path) -> Path | None:
    """The text-to-audio model of a silent family: this subfolder, or the one the card names."""
    card = _object(folder / CARD, "unreadable_card") if (folder / CARD).is_file() else {}
    named = card.get(SOUNDTRACK)
    path = _inside(folder, str(named or SOUNDTRACK))
    if named and not path.is_dir():
        raise BadModel("missing_part", path)
    return path if path.is_dir() else None


def examine_network(folder: Path) -> str:
    """The same of a folder that is one network of transformers: the hash of its weights."""
    if not (folder / "config.json").is_file():
        raise BadModel("missing_file", folder / "config.json")
    _check_files(folder)
    digests = _digests(folder)
    if not digests:
        raise BadModel("no_weights", folder, "safetensors")
    _check_manifest(folder, digests)
    return _hash_of(digests)


def labels_of(folder: Path) -> list[str]:
    """The labels that a classifier's folder says it has, in small letters; none of a model that
    writes."""
    named = _object(folder / "config.json", "unreadable_config").get("id2label") or {}
    return [str(label).lower() for label in named.values()]


def weights_hash(folder: Path) -> str:
    """SHA-256 over the names and bytes of the weight files, in order."""
    return _hash_of(_digests(folder))


def _class_of_soundtrack(folder: Path) -> str:
    name = class_name_of(folder)
    if name not in SOUNDTRACKS:
        raise BadModel("unknown_class", name, SOUNDTRACKS)
    return name


def _check_files(folder: Path) -> None:
    """No file may lead outside, run as it is read, or be cut short."""
    whole = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if not path.resolve().is_relative_to(whole):
            raise BadModel("link_outside", path)
        if path.suffix.lower() in PICKLES:
            raise BadModel("pickled", path, "safetensors")
        if path.suffix.lower() in CODE:
            raise BadModel("custom_code", path, "no code in a model folder")
        if path.name.endswith("config.json"):
            _check_config(path)
        if path.suffix == ".safetensors":
            _check_weights(path)
        if path.name.endswith(".safetensors.index.json"):
            _check_shards(path)


def _check_weights(path: Path) -> None:
    """The header says where the last tensor ends; the file must end just there."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))[0]
        if size < 8 + length or length > LONGEST_HEADER:
            raise BadModel("cut_short", path)
        try:
            tensors = json.loads(file.read(length))
            ends = [one["data_offsets"][1] for name, one in tensors.items() if name[:2] != "__"]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as broken:
            raise BadModel("unreadable_weights", path) from broken
    if size != 8 + length + max(ends, default=0):
        raise BadModel("cut_short", path)


def _check_shards(path: Path) -> None:
    shards = _object(path, "unreadable_index").get("weight_map", {})
    for shard in sorted(set(shards.values())):
        if not _inside(path.parent, shard).is_file():
            raise BadModel("missing_shard", path.parent / shard)


def _check_parts(folder: Path) -> None:
    """Every part is a class of a library we know, and its files are there: a network's weights."""
    for name, library, class_name in parts_of(folder):
        if library not in LIBRARIES | ROOMS:
            raise BadModel("custom_code", f"{name}: {library}.{class_name}", sorted(LIBRARIES))
        if not _inside(folder, name).is_dir():
            raise BadModel("missing_part", folder / name)
        if (folder / name / "config.json").is_file() and not any((folder / name).glob(WEIGHTS)):
            raise BadModel("no_weights", folder / name, "safetensors")


def parts_of(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Name, library and class of each part; a part left out has null for both."""
    for name, value in index_of(folder).items():
        match value:
            case [str(library), str(class_name), *_]:
                yield name, library, class_name


def _check_config(path: Path) -> None:
    if "auto_map" in _object(path, "unreadable_config"):
        raise BadModel("custom_code", f"{path}: auto_map", "no code in a model folder")


def _digests(folder: Path) -> dict[str, bytes]:
    """SHA-256 of each file of weights, by its name in the folder, in order."""
    digests = {}
    for path in sorted(folder.rglob(WEIGHTS)):
        digests[path.relative_to(folder).as_posix()] = _digest(path)
    return digests


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _hash_of(digests: dict[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, digest in digests.items():
        whole.update(name.encode() + digest)
    return whole.hexdigest()


def _check_manifest(folder: Path, digests: dict[str, bytes]) -> bool:
    """Where there is a manifest, every file of weights stands in it with its own hash."""
    path = folder / MANIFEST
    if not path.is_file():
        return False
    listed = dict(_lines(path))
    for name, digest in digests.items():
        if name not in listed:
            raise BadModel("not_listed", folder / name)
        if listed[name] != digest.hex():
            raise BadModel("wrong_hash", folder / name, listed[name])
    for name in listed.keys() - digests.keys():
        _check_listed(_inside(folder, name), listed[name])
    return True


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text().splitlines():
        digest, _, name = line.partition(" ")
        if len(digest) != 64 or not name.strip():
            raise BadModel("unreadable_manifest", f"{path}: {line[:80]!r}")
        yield name.strip().removeprefix("*").removeprefix("./"), digest.lower()


def _check_listed(path: Path, digest: str) -> None:
    if not path.is_file():
        raise BadModel("missing_file", path)
    if _digest(path).hex() != digest:
        raise BadModel("wrong_hash", path, digest)


def _inside(folder: Path, name: str) -> Path:
    """A path named by a file of the folder, which must not lead out of it."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadModel("link_outside", path)
    return path


def _object(path: Path, rule: str) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text())
    except (ValueError, RecursionError) as broken:
        raise BadModel(rule, path) from broken
    if not isinstance(read, dict):
        raise BadModel(rule, path)
    return read

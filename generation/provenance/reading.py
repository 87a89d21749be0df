"""What a file's manifests say, and whether they hold. It knows no Django, and reads no file itself:
a child does that in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from generation.provenance import manifest
from generation.provenance.trust import trusting
from sora_social import sandbox, uploads
from sora_social.uploads import Kind

CHILD = Path(__file__).with_name("reading_child.py")
MOST_BYTES = 4 << 20  # of a manifest store as JSON: more is no lineage but an attack
MOST_GENERATIONS, MOST_ANCESTORS = 32, 200
WALL, MEMORY = 10, 900 << 20  # seconds, bytes of address space: what reading may take
TYPES = {  # of the files that can carry manifests
    Kind.MP4: "video/mp4",
    Kind.MOV: "video/quicktime",
    Kind.WEBP: "image/webp",
    Kind.PNG: "image/png",
    Kind.JPEG: "image/jpeg",
}
UNREADABLE, TOO_MANY, TOO_COSTLY = (
    f"manifest.{word}" for word in ("unreadable", "too_many", "too_costly")
)


class State(StrEnum):
    TRUSTED = "trusted"  # as it was signed, by us
    VALID = "valid"  # as it was signed, by somebody whom we do not know
    INVALID = "invalid"  # changed since, or signed wrongly, or not to be read
    NONE = "none"


@dataclass(frozen=True)
class Ancestor:
    """A manifest, and what it was made from."""

    title: str
    relationship: str = ""
    mark: str = ""  # the number of its invisible mark, as it tells it
    source_type: str = ""  # IPTC's word for how it came about
    signer: str = ""
    parents: tuple[Ancestor, ...] = ()


@dataclass(frozen=True)
class Account:
    """What a file says of itself."""

    state: State
    problems: tuple[str, ...] = ()  # C2PA's codes, and ours
    itself: Ancestor | None = None
    made: dict[str, Any] = field(default_factory=dict)  # our own assertion

    @property
    def number(self) -> int | None:
        """The mark's number of what we have made; nobody else is believed."""
        said = self.made.get("mark", "")
        return int(said, 16) if self.state == State.TRUSTED and said else None


SILENT = Account(State.NONE)


def read(file: IO[bytes], roots: str) -> Account:
    """What an open file says; `roots` (PEM) are trusted, and nobody else. Raises UploadRefused for
    what is no film and no picture."""
    if (content_type := TYPES.get(uploads.kind_of(file))) is None:
        return SILENT
    return account(*sandbox.decode(file, order(content_type, roots), WALL))


def order(content_type: str, roots: str) -> dict[str, Any]:
    """What the child is told."""
    return {
        "kind": str(CHILD),
        "format": content_type,
        "settings": trusting(roots),
        "most": MOST_BYTES,
        "memory": MEMORY,
        "result": MOST_BYTES + sandbox.HEADER,
    }


def account(facts: dict[str, Any], said: bytes) -> Account:
    """What a child tells, which is a stranger's word: whatever it is, it is an account."""
    problem = facts.get("problem") or facts.get("refused")
    if problem == "absent":
        return SILENT
    if problem:
        known = {"too_many": TOO_MANY, sandbox.COSTLY: TOO_COSTLY}
        return Account(State.INVALID, (known.get(problem, UNREADABLE),))
    try:
        return _account(json.loads(said), facts)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return Account(State.INVALID, (UNREADABLE,))


def _account(said: dict[str, Any], facts: dict[str, Any]) -> Account:
    active = said["manifests"][said["active_manifest"]]
    room = iter(range(MOST_ANCESTORS))  # two parents each, through all generations, are billions
    return Account(
        State(facts["state"].lower()),
        tuple(map(str, facts["failures"])),
        _ancestor(said["manifests"], said["active_manifest"], "", MOST_GENERATIONS, room),
        _made(active),
    )


def _ancestor(
    manifests: dict[str, Any], label: str, relationship: str, generations: int, room: Iterator[int]
) -> Ancestor:
    one = manifests[label]
    signature = one.get("signature_info", {})
    return Ancestor(
        title=one.get("title", ""),
        relationship=relationship,
        mark=_made(one).get("mark", ""),
        source_type=_source_type(one),
        signer=signature.get("common_name") or signature.get("issuer", ""),
        parents=tuple(_parents(manifests, one, generations - 1, room)),
    )


def _parents(
    manifests: dict[str, Any], one: dict[str, Any], generations: int, room: Iterator[int]
) -> Iterator[Ancestor]:
    for parent in one.get("ingredients", ()) if generations else ():
        if next(room, None) is None:
            return
        label, relationship = parent.get("active_manifest"), parent.get("relationship", "")
        if label in manifests:
            yield _ancestor(manifests, label, relationship, generations, room)
        else:
            yield Ancestor(parent.get("title", ""), relationship)


def _made(one: dict[str, Any]) -> dict[str, Any]:
    """Our own assertion, whoever makes it."""
    return next(_assertions(one, manifest.MADE), {})


def _source_type(one: dict[str, Any]) -> str:
    done = (action for told in _assertions(one, "c2pa.actions") for action in told["actions"])
    kinds = (action.get("digitalSourceType", "") for action in done)
    return next((kind.rpartition("/")[2] for kind in kinds if kind), "")


def _assertions(one: dict[str, Any], label: str) -> Iterator[dict[str, Any]]:
    for assertion in one.get("assertions", ()):
        if assertion["label"].startswith(label):
            yield assertion["data"]

"""Fixed rules add what an author left open: the light, the camera, the sound. Never a guess about
anything that is spoken of, and nothing at all to a text that is not understood."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from generation.prompting.recognition import Understanding

PICTURED = frozenset({"light", "camera"})  # what a given frame or clip shows already


def hints(
    understanding: Understanding, text: str, *, vocabulary: str, seed: int, settled: frozenset[str]
) -> dict[str, str]:
    """What to add, by kind; `settled` are the kinds to leave alone."""
    if not understanding.sure:
        return {}
    found = dict(_fitting(understanding, vocabulary, settled))
    return {kind: _choice(says, f"{seed} {kind} {text}") for kind, says in found.items()}


def _fitting(
    understanding: Understanding, vocabulary: str, settled: frozenset[str]
) -> Iterator[tuple[str, list[str]]]:
    met = set(settled)
    for hint in hints_of(vocabulary):
        if hint["kind"] not in met and _fits(hint, understanding):
            met.add(hint["kind"])
            yield hint["kind"], hint["says"]


def _fits(hint: dict[str, Any], understanding: Understanding) -> bool:
    spoken_of = understanding.spoken & set(hint["unless"])
    return not spoken_of and understanding.shown >= set(hint.get("when", ()))


def _choice(says: list[str], key: str) -> str:
    """One of them, the same for the same key on every machine."""
    return says[int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % len(says)]


@cache
def hints_of(vocabulary: str) -> list[dict[str, Any]]:
    """The entries of `hints.toml` for a vocabulary, in order."""
    with Path(__file__).with_name("hints.toml").open("rb") as file:
        found: list[dict[str, Any]] = tomllib.load(file).get(vocabulary, [])
    return found

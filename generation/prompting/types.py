"""What goes into the composing of a prompt, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from generation.screening import Pardon, Sign

Write = Callable[[str], str]  # what a text model adds to a prompt; raises WriterFailed


class WriterFailed(Exception):
    """The text model added nothing; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Level(StrEnum):
    """Who adds to an author's words."""

    OFF = "off"  # nobody: @handles become the words for whoever is shown, that is all
    TEMPLATE = "template"  # fixed rules: the same prompt and seed, the same text
    WRITER = "writer"  # a local text model, where there is one


USUAL = Level.TEMPLATE


@dataclass(frozen=True)
class Asked:
    """An author's words. `handles` are the cameos that were found, `characters` the characters and
    of what kind each is; `pictured`: a frame is given."""

    prompt: str
    shots: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    characters: tuple[tuple[str, str], ...] = ()
    level: Level = USUAL
    style: str = ""
    seed: int = 0
    pictured: bool = False
    with_likeness: bool = False
    instructions: tuple[tuple[str, str], ...] = ()  # by handle: what its owner adds
    earlier: tuple[str, ...] = ()  # the prompts of all that it is made from
    seen: tuple[Sign, ...] = ()  # what layers of screening beside words have found
    pardons: tuple[Pardon, ...] = ()
    fingerprint: str = ""  # by which a pardon knows the wish


@dataclass(frozen=True)
class Words:
    """What the model reads. The references go to it in the order of `slots`."""

    prompt: str
    shots: tuple[str, ...]
    slots: tuple[str, ...]
    level: Level
    style: str
    by: Level  # who added in the end
    note: str = ""  # why that is not who was asked to

    def recipe(self) -> dict[str, Any]:
        """What a recipe keeps of this."""
        return {
            "engine_prompt": self.prompt,
            "engine_shots": list(self.shots),
            "style": self.style,
            "enhance": self.level.value,
            "enhanced_by": self.by.value,
            "enhance_note": self.note,
        }

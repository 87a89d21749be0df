"""The door to the text model: asked in the rendering child, and what it says is not trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings

from generation.errors import Blocked
from generation.prompting.types import Level, Write, WriterFailed
from generation.rendering import RenderFailed
from generation.screening import ADDED, Said, screen
from sora_social.text import is_plain

MOST_TOKENS, SECONDS = 96, 20.0
LONGEST = 600  # characters kept of what it adds


def levels() -> list[str]:
    """The levels that work here."""
    return [level.value for level in Level if level != Level.WRITER or settings.PROMPT_WRITER]


def writer(ask: Callable[[dict[str, Any]], dict[str, Any]]) -> Write | None:
    """The configured text model behind `ask`, which hands an order to the rendering child."""
    folder = settings.PROMPT_WRITER
    if folder is None:
        return None

    def write(prompt: str) -> str:
        order = {"do": "write", "folder": str(folder), "prompt": prompt}
        try:
            return str(ask(order | {"most_tokens": MOST_TOKENS, "seconds": SECONDS})["text"])
        except RenderFailed as error:
            raise WriterFailed(error.reason) from error

    return write


def added_by(write: Write | None, prompt: str, *, with_likeness: bool) -> str:
    """What the text model adds to a prompt, tidied and screened. Raises WriterFailed."""
    if write is None:
        raise WriterFailed("no_writer")
    added = _tidied(write(prompt))
    if not added:
        raise WriterFailed("nothing_written")
    try:
        screen(Said(ADDED, f"{prompt} {added}"), with_likeness=with_likeness)
    except Blocked as no:
        raise WriterFailed(f"blocked_{no.facts['rule']}") from no
    return added


def _tidied(text: str) -> str:
    """One line of plain characters that names nobody, cut at a word."""
    line = " ".join(text.replace("@", " ").split())
    if not is_plain(line):
        return ""
    return line if len(line) <= LONGEST else line[:LONGEST].rpartition(" ")[0]

"""Style presets: what an author picks by name and the model reads as words. `styles.toml` has them.

A preset has parts for the drawn world, for plain English, or for both; a model is offered those it
can read.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

from generation.errors import NotPossible
from generation.reading import reader_of

STILLS = "generation/styles"  # below a static folder
HERE = Path(__file__).parent / "static" / STILLS


@dataclass(frozen=True)
class Parts:
    """Words around the author's; `settles` are kinds of hints that the style has no room for."""

    before: str = ""
    after: str = ""
    settles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Style:
    """A preset; `parts` by the vocabulary that a model reads."""

    name: str
    title: str
    description: str
    parts: dict[str, Parts]

    @property
    def still(self) -> str | None:
        """The address of an example that we rendered."""
        path = f"{STILLS}/{self.name}.webp"
        return static(path) if finders.find(path) else None


def offered(vocabulary: str | None = None) -> list[Style]:
    """The presets that mean something to a model, the loaded one unless told."""
    read = vocabulary or reader_of(settings.GENERATION_MODEL).vocabulary
    return [style for style in _all().values() if read in style.parts]


def named(name: str, vocabulary: str | None = None) -> Style | None:
    """The preset with this name, None for no name. Raises NotPossible."""
    if not name:
        return None
    possible = {style.name: style for style in offered(vocabulary)}
    if name not in possible:
        raise NotPossible(field="style", asked=name, possible=[*possible])
    return possible[name]


def parts_of(name: str, vocabulary: str) -> Parts:
    """What a preset says to a model; nothing where it is unknown or means nothing to it."""
    style = _all().get(name)
    return style.parts.get(vocabulary, Parts()) if style else Parts()


@cache
def _all() -> dict[str, Style]:
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        return {name: _style(name, plain) for name, plain in tomllib.load(file).items()}


def _style(name: str, plain: dict[str, str | dict[str, str]]) -> Style:
    parts = {key: _parts(value) for key, value in plain.items() if isinstance(value, dict)}
    return Style(name, str(plain["title"]), str(plain["description"]), parts)


def _parts(plain: dict[str, str]) -> Parts:
    settles = frozenset(plain.get("settles", "").split())
    return Parts(plain.get("before", ""), plain.get("after", ""), settles)

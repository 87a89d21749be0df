"""The words of the drawn world, from the tables in `drawn/`, and how a text is cut into words."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent / "drawn"
HAN = "\u3400-\u4dbf\u4e00-\u9fff"
WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+|[^\w\s'’]")  # each Han sign and each emoji by itself
ENGLISH, CHINESE, EMOJI = "en", "zh", "emoji"
ALSO = "also"  # English words that the model was not taught
ANYWHERE = (CHINESE, EMOJI)  # found in a text of any language: nothing else looks like them

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Concept:
    """Something that the model can draw, and `says`, how it was taught to call it.

    `many` is its plural; `worn` the word between a person and what the person wears.
    """

    kind: str
    name: str
    says: str = ""
    many: str = ""
    worn: str = ""


OF_A_CONCEPT = {field.name for field in fields(Concept)}


@dataclass(frozen=True)
class Language:
    """Its small words, which tell it from others, and those that turn a meaning around."""

    marks: frozenset[str]
    no: frozenset[str]


class Index:
    """Phrases and what they mean, found by their first word, the longest first."""

    def __init__(self) -> None:
        self._by_first: dict[str, dict[Phrase, list[Concept]]] = defaultdict(dict)

    def add(self, phrase: Phrase, concept: Concept) -> None:
        self._by_first[phrase[0]].setdefault(phrase, []).append(concept)

    def at(self, words: list[str], place: int) -> tuple[Phrase, list[Concept]] | None:
        """The longest phrase that begins at a place."""
        for phrase, concepts in self._longest_first(words[place]):
            if tuple(words[place : place + len(phrase)]) == phrase:
                return phrase, concepts
        return None

    def _longest_first(self, first: str) -> list[tuple[Phrase, list[Concept]]]:
        found = self._by_first.get(first, {})
        return sorted(found.items(), key=lambda entry: -len(entry[0]))


@dataclass(frozen=True)
class Vocabulary:
    """Every language with its index; ALSO and EMOJI have an index and no small words."""

    languages: Mapping[str, Language]
    indexes: Mapping[str, Index]


def words_of(text: str) -> list[str]:
    """The words of a text, without accents and capitals; signs stand for themselves."""
    apart = unicodedata.normalize("NFKD", text)
    return WORD.findall("".join(c for c in apart if unicodedata.category(c) != "Mn").casefold())


@cache
def drawn() -> Vocabulary:
    """The vocabulary in the tables."""
    tables = list(_tables())
    languages = {
        name: Language(frozenset(words_of(found["marks"])), frozenset(words_of(found["no"])))
        for table in tables
        for name, found in table.get("languages", {}).items()
    }
    concepts = [plain for table in tables for plain in table.get("concepts", [])]
    names = (*languages, ALSO, EMOJI)
    return Vocabulary(languages, {name: _index(name, concepts) for name in names})


def concepts() -> list[Concept]:
    """Every concept of the tables."""
    return [concept_of(plain) for table in _tables() for plain in table.get("concepts", [])]


def _tables() -> Iterator[dict[str, Any]]:
    for path in sorted(TABLES.glob("*.toml")):
        yield tomllib.loads(path.read_text())


def concept_of(plain: dict[str, Any]) -> Concept:
    """A concept as `drawn.toml` has it, without its words."""
    return Concept(**{key: plain[key] for key in OF_A_CONCEPT & plain.keys()})


def _index(language: str, concepts: list[dict[str, Any]]) -> Index:
    index = Index()
    for plain in concepts:
        concept = concept_of(plain)
        for phrase in plain.get(language, "").split():
            index.add(tuple(words_of(phrase.replace("_", " "))), concept)
    return index

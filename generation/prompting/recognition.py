"""What a text speaks of, in the words of the drawn world, whatever its language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cameos.services import MENTION
from generation.prompting.vocabulary import (
    ALSO,
    ANYWHERE,
    ENGLISH,
    Concept,
    Language,
    drawn,
    words_of,
)

SURE = 0.5  # share of known words from which on a text counts as understood
NEAR = 3  # words within which a "no" turns a meaning around
MODIFIERS = frozenset({"colour", "size", "number"})


@dataclass(frozen=True)
class Found:
    """A concept in a text, from one word to another. `ours`: said in the model's own words."""

    concept: Concept
    start: int
    end: int
    ours: bool
    denied: bool = False


@dataclass(frozen=True)
class Understanding:
    """A text's language, what it speaks of, and whether most of its words are known."""

    language: str | None
    found: tuple[Found, ...]
    sure: bool

    @property
    def shown(self) -> frozenset[str]:
        """The names of what is there."""
        return frozenset(one.concept.name for one in self.found if not one.denied)

    @property
    def spoken(self) -> frozenset[str]:
        """The names and kinds of all that is spoken of, also to say that it is not there."""
        return frozenset(
            word for one in self.found for word in (one.concept.name, one.concept.kind)
        )


def understand(prompt: str) -> Understanding:
    """Read a prompt; its @handles are nobody's words."""
    words = words_of(MENTION.sub(" ; ", prompt))
    language = language_of(words)
    found = tuple(_with_denials(words, list(_find(words, language)), language))
    return Understanding(language, found, _is_sure(words, found, language))


def language_of(words: list[str]) -> str | None:
    """The language with the most known words, English before the others; None without any."""
    scores = {name: _known(words, name) for name in drawn().languages}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] else None


def _known(words: list[str], language: str) -> int:
    tongue = drawn().languages[language]
    found = sum(one.end - one.start for one in _find(words, language, anywhere=False))
    return found + sum(word in tongue.marks or word in tongue.no for word in words)


def _find(words: list[str], language: str | None, *, anywhere: bool = True) -> Iterator[Found]:
    """Phrases from left to right, the longest first, none inside another."""
    names = _indexes_for(language, anywhere=anywhere)
    place = 0
    while place < len(words):
        hits = [(name, hit) for name in names if (hit := drawn().indexes[name].at(words, place))]
        if not hits:
            place += 1
            continue
        name, (phrase, concepts) = max(hits, key=lambda hit: len(hit[1][0]))
        end = place + len(phrase)
        yield from (Found(concept, place, end, name == ENGLISH) for concept in concepts)
        place = end


def _indexes_for(language: str | None, *, anywhere: bool) -> tuple[str, ...]:
    own = (language,) if language else ()
    also = (ALSO,) if language == ENGLISH else ()
    return tuple(dict.fromkeys((*own, *also, *(ANYWHERE if anywhere else ()))))


def _with_denials(words: list[str], found: list[Found], language: str | None) -> Iterator[Found]:
    tongues = drawn().languages
    known = [tongues[name] for name in (language, *ANYWHERE) if name and name in tongues]
    nouns_end = 0  # what is denied before another thing does not reach this one
    for one in found:
        first = max(nouns_end, one.start - NEAR)
        yield replace(one, denied=_denies(words[first : one.start], known))
        if one.concept.kind not in MODIFIERS:
            nouns_end = one.end


def _denies(before: list[str], tongues: list[Language]) -> bool:
    clause: list[str] = []
    for word in before:
        clause = [] if word in ",.;:!?，。；" else [*clause, word]
    return any(word in tongue.no for word in clause for tongue in tongues)


def _is_sure(words: list[str], found: tuple[Found, ...], language: str | None) -> bool:
    if language is None:
        return False
    marks = drawn().languages[language].marks | drawn().languages[language].no
    met = {place for one in found for place in range(one.start, one.end)}
    spoken = [place for place, word in enumerate(words) if word.isalnum() or place in met]
    known = [place for place in spoken if place in met or words[place] in marks]
    return len(known) >= SURE * len(spoken)

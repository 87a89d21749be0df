"""Which of the policy's words may be read in a text, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from generation.screening.letters import (
    Letters,
    Read,
    Stretch,
    disguised,
    from_behind,
    masked,
    plain,
    stretches,
    words,
)
from generation.screening.policy import POLICY, Shapes

AGES = "minors"
SIGNS = frozenset(sign for word in POLICY.joined for sign in word)


class Found(NamedTuple):
    """A word of a group, and its place in the text as it was written."""

    group: str
    start: int
    end: int


@lru_cache(256)
def found_in(text: str) -> tuple[Found, ...]:
    """All of them, in the order of the text."""
    letters = plain(text)
    said = words(letters.text)
    passed = [(read.start, read.end) for read in _phrases(said) if read.word in POLICY.allowed]
    found = {
        Found(group, *letters.span(read.start, read.end))
        for read, groups in _known(letters, said)
        if not any(start <= read.start and read.end <= end for start, end in passed)
        for group in groups
    }
    return tuple(sorted(found, key=lambda one: (one.start, one.end, one.group)))


def tells_an_age(text: str) -> bool:
    """Whether somebody in it is said to be younger than 18."""
    return POLICY.ages.search(plain(text).text) is not None


Known = Iterator[tuple[Read, frozenset[str]]]


def _known(letters: Letters, said: Sequence[Read]) -> Known:
    for read in _phrases(said):
        if groups := POLICY.groups.get(read.word):
            yield read, groups
    for read in disguised(letters.text):
        if groups := POLICY.disguised.get(read.word):
            yield read, groups
    for read in from_behind(letters.text):
        if groups := POLICY.from_behind.get(read.word):
            yield read, groups
    yield from _masked(letters.text)
    yield from _hidden_phrases(letters.text)
    yield from _unspaced(letters.text)
    for one in POLICY.ages.finditer(letters.text):
        yield Read(one.group(), *one.span()), frozenset({AGES})


def _phrases(said: Sequence[Read]) -> Iterator[Read]:
    """Words, and words that follow each other."""
    yield from said
    for at, first in enumerate(said, 1):
        phrase, upto = first.word, at
        while phrase in POLICY.beginnings and upto < len(said):
            phrase, upto = f"{phrase}_{said[upto].word}", upto + 1
            yield Read(phrase, first.start, said[upto - 1].end)


def _masked(text: str) -> Known:
    for read in masked(text):
        for word in _behind(read.word, POLICY.by_shape):
            yield read, POLICY.groups[word]


def _behind(mask: str, words: Shapes) -> Iterator[str]:
    """The words that stand behind a mask, of which a dot may be any letter but the first."""
    for word in words.get((len(mask), mask[:1]), ()):
        if all(sign in (".", letter) for sign, letter in zip(mask, word, strict=True)):
            yield word


def _hidden_phrases(text: str) -> Known:
    """Phrases, though their words are in disguise."""
    begun = list[tuple[str, int]]()  # what may become one, and where it begins
    for stretch in stretches(text):
        if words := _parts_in(stretch):
            longer = [(f"{said}_{word}", start) for said, start in begun for word in words]
            for phrase, start in longer:
                if groups := POLICY.phrases.get(phrase):
                    yield Read(phrase, start, stretch.end), groups
            begun = longer + [(word, stretch.start) for word in words]
            begun = [one for one in begun if one[0] in POLICY.beginnings]
        elif begun:
            begun = []


def _parts_in(stretch: Stretch) -> frozenset[str]:
    """The words of phrases that may be read there."""
    found, mask = POLICY.parts & stretch.words, stretch.masked
    if "." in mask and 2 * mask.count(".") <= len(mask):
        found |= {*_behind(mask, POLICY.parts_by_shape)}
    return found


def _unspaced(text: str) -> Known:
    """Of scripts without blanks between words, though somebody put some there."""
    if text.isascii():
        return
    at = [place for place, sign in enumerate(text) if sign.isalnum() or sign in SIGNS]
    line = "".join(text[place] for place in at)
    for word, groups in POLICY.joined.items():
        start = line.find(word)
        while start >= 0:
            yield Read(word, at[start], at[start + len(word) - 1] + 1), groups
            start = line.find(word, start + 1)

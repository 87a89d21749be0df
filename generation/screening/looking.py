"""Which of the policy's words may be read in a text, and where."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from generation.screening.letters import Letters, Read, disguised, from_behind, masked, plain, words
from generation.screening.policy import POLICY

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


Known = Iterator[tuple[Read, frozenset[str]]]


def _known(letters: Letters, said: list[Read]) -> Known:
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
    yield from _unspaced(letters.text)
    for one in POLICY.ages.finditer(letters.text):
        yield Read(one.group(), *one.span()), frozenset({AGES})


def _phrases(said: list[Read]) -> Iterator[Read]:
    """Words, and words that follow each other."""
    yield from said
    for at, first in enumerate(said):
        if first.word in POLICY.begins:
            for upto in range(at + 2, min(at + POLICY.longest, len(said)) + 1):
                some = said[at:upto]
                yield Read("_".join(read.word for read in some), first.start, some[-1].end)


def _masked(text: str) -> Known:
    for read in masked(text):
        for word in POLICY.by_length.get(len(read.word), ()):
            if all(sign in (".", letter) for sign, letter in zip(read.word, word, strict=True)):
                yield read, POLICY.groups[word]


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

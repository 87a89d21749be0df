"""A text as it may be read: plain letters through disguises, each with its place in the original.

Words are looked for as they stand, and as they are read where letters were replaced by look-alikes
or figures, torn apart, drawn out, doubled, masked or written from behind.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

FIGURES = str.maketrans("0134567892@$!|+(", "oieasgtbgzasiitc")  # read as letters among letters
VAGUE = str.maketrans("l", "i")  # 1 and | stand for either
UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")  # letters that show nothing
MASKS = "*_#%•●█▇■□?.-"
ENDS = ".-?"  # mask nothing behind a word
SHORTEST = 3  # letters of a word that is looked for in disguise
LONGEST_TORN = 20  # letters that are read together

_WORD = re.compile(r"[^\W\d_]+")
_TORN = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,3}[^\W_](?![^\W_])){2,}")
_MASK = re.compile(f"[{re.escape(MASKS)}]")
_MASKED = re.compile(rf"(?<![^\W\d_])[^\W\d_]+[{re.escape(MASKS)}][{re.escape(MASKS)}\w]*")
_CHUNK = re.compile(r"\S+")
_FIGURE, _SIGN = re.compile(r"[0-9@$!|+(]"), re.compile(r"[^\w]|_|\d")
_INNER = re.compile(r"[^\W_](?:.*[^\W_])?")
_LONG = re.compile(r"(.)\1{2,}")
_DOUBLED = re.compile(r"(.)\1")


class Read(NamedTuple):
    """A word that may be read somewhere, and its place among the letters."""

    word: str
    start: int
    end: int


class Stretch(NamedTuple):
    """What stands between two blanks: the words that may be read there, where its letters begin and
    end, and itself with dots for the signs that mask some; in vague letters."""

    words: set[str]
    start: int
    end: int
    masked: str


class Letters(NamedTuple):
    """Plain letters, and where in the original each of them stood."""

    text: str
    places: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original these letters stand."""
        return self.places[start], self.places[end - 1] + 1


def _alike() -> dict[str, str]:
    listed = tomllib.loads((Path(__file__).parent / "letters.toml").read_text())
    return {one: letter for letter, others in listed.items() for one in others}


ALIKE = _alike()


@lru_cache(8)
def plain(text: str) -> Letters:
    """In one case, without accents and what is not seen, look-alikes as what they look like."""
    if text.isascii():
        return Letters(text.lower(), range(len(text)))
    found, places = list[str](), list[int]()
    for place, sign in enumerate(text):
        letters = _plain(sign)
        found.append(letters)
        places += [place] * len(letters)
    return Letters("".join(found), places)


def _plain(sign: str) -> str:
    if sign.isascii():
        return sign.lower()
    if sign in ALIKE:
        return ALIKE[sign]
    apart = unicodedata.normalize("NFKD", sign).casefold()
    return "".join(ALIKE.get(one, one) for one in apart if not _is_unseen(one))


def _is_unseen(sign: str) -> bool:
    return sign in UNSEEN or unicodedata.category(sign) in {"Mn", "Me", "Cf"}


@lru_cache(8)
def words(text: str) -> tuple[Read, ...]:
    """The words as they stand."""
    return tuple(Read(one.group(), *one.span()) for one in _WORD.finditer(text))


def disguised(text: str) -> Iterator[Read]:
    """Other words that may be read in it."""
    for way in WAYS:
        yield from (read for read in way(text) if len(read.word) >= SHORTEST)


def readings(text: str) -> str:
    """A text in plain letters, and behind it every word that may be read in a disguise."""
    letters = plain(text).text
    return " ".join([letters, *dict.fromkeys(read.word for read in disguised(letters))])


def stretches(text: str) -> Iterator[Stretch]:
    """One after the other; what has no letters is left out."""
    text = text.translate(VAGUE)
    for chunk in _CHUNK.finditer(text):
        said = chunk.group()
        if said.isalpha():
            yield Stretch({*_readings(said)}, *chunk.span(), "")
        elif inner := _INNER.search(said):  # a sign at its end may be a letter, or none
            words = {*_read_as_letters(said), *_read_as_letters(inner.group())}
            start = chunk.start()
            masked = _MASK.sub(".", said.rstrip(ENDS))
            yield Stretch(words, start + inner.start(), start + inner.end(), masked)


def _read_as_letters(said: str) -> Iterator[str]:
    """What letters and signs may be: the signs nothing, or letters."""
    yield from _readings("".join(filter(str.isalpha, said)))
    if _FIGURE.search(said):
        yield "".join(filter(str.isalpha, said.translate(FIGURES)))


def _readings(letters: str) -> Iterator[str]:
    """What letters may be: as they stand, from behind, said once that were said more often."""
    yield letters
    if len(letters) > SHORTEST:
        yield letters[::-1]
    if _LONG.search(letters):
        yield _LONG.sub(r"\1", letters)
        yield _LONG.sub(r"\1\1", letters)
    elif letters[:1] == letters[1:2] and not _DOUBLED.sub("", letters):
        yield _DOUBLED.sub(r"\1", letters)


# --- ways to hide a word --------------------------------------------------------------------------


def _with(sign: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Stretches without a blank that hold such a sign, and letters."""
    for chunk in _CHUNK.finditer(text):
        if sign.search(chunk.group()) and any(map(str.isalpha, chunk.group())):
            yield chunk


def _in_figures(text: str) -> Iterator[Read]:
    """p0rn, n4ked, $ex: figures and signs for letters, within what has letters too."""
    for chunk in _with(_FIGURE, text):
        said = chunk.group()
        read = "".join(c for c in said.translate(FIGURES) if c.isalpha())
        yield Read(read, *chunk.span())
        yield Read(read.translate(VAGUE), *chunk.span())
        for part in re.finditer(r"[\w@$!|+]+", said):
            start = chunk.start() + part.start()
            read = part.group().translate(FIGURES).translate(VAGUE)
            yield Read(read, start, start + len(part.group()))


def _broken(text: str) -> Iterator[Read]:
    """na-ked, po.rn: torn without a blank."""
    for chunk in _with(_SIGN, text):
        yield Read("".join(filter(str.isalpha, chunk.group())), *chunk.span())


def _torn(text: str) -> Iterator[Read]:
    """n a k e d, n.a.k.e.d: letter by letter; anything that follows each other in it."""
    for run in _TORN.finditer(text):
        at = [place for place in range(*run.span()) if text[place].isalnum()]
        letters = "".join(text[place] for place in at).translate(FIGURES)
        for start in range(len(at)):
            for end in range(start + SHORTEST, min(start + LONGEST_TORN, len(at)) + 1):
                yield Read(letters[start:end], at[start], at[end - 1] + 1)


def _drawn_out(text: str) -> Iterator[Read]:
    """nuuude, nnaakkeedd: letters that are said more often than once."""
    for read in words(text):
        if _LONG.search(read.word):
            yield read._replace(word=_LONG.sub(r"\1", read.word))
            yield read._replace(word=_LONG.sub(r"\1\1", read.word))
        elif len(read.word) > SHORTEST and not _DOUBLED.sub("", read.word):
            yield read._replace(word=_DOUBLED.sub(r"\1", read.word))


WAYS: tuple[Callable[[str], Iterator[Read]], ...] = (
    _in_figures, _broken, _torn, _drawn_out,
)  # fmt: skip


def masked(text: str) -> Iterator[Read]:
    """n*ked, f**k: words with signs in place of some letters, which stand there as dots."""
    for chunk in _MASKED.finditer(text):
        said = _MASK.sub(".", chunk.group().rstrip(ENDS))
        letters = len(said) - said.count(".")
        if "." in said and letters >= max(2, len(said) / 2) and len(said) > SHORTEST:
            yield Read(said, chunk.start(), chunk.start() + len(said))


def from_behind(text: str) -> Iterator[Read]:
    """edun, nrop."""
    for read in words(text):
        if len(read.word) > SHORTEST:
            yield read._replace(word=read.word[::-1])

"""Words of a text as rules compare them: plain letters, the singular, and no small words."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

SMALL_WORDS = """
a an the and or of to in on at with without no not never none near me my i do dont don't be is are
show showing shown put make any anything about into please only from as by for it this that
sin no nunca con de la el los las sans pas jamais avec le les des ohne nie kein keine mit der die
das und
"""
SMALL = frozenset(SMALL_WORDS.split())
HANDLE = re.compile(r"(?<![\w@])@\w+")  # in b@ttle it is a letter
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
ELIDED = re.compile(r"(?:[cdjlmnst]|qu)'(?=..)")  # l'amour, d'horreur


@lru_cache(maxsize=1024)
def telling_words(text: str) -> frozenset[str]:
    """The words of a text without the small ones, plain and in the singular."""
    known = (ELIDED.sub("", word, 1) for word in WORD.findall(plain_letters(text)))
    return frozenset(_singular(word) for word in known if word not in SMALL)


def as_line(words: Iterable[str]) -> str:
    """Words as a column holds them, in order, each between blanks of its own."""
    return "".join(f" {word} " for word in sorted(words))


def plain_letters(text: str) -> str:
    """Letters in one case, without their accents; look-alikes of compatibility forms as letters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def without_handles(text: str) -> str:
    """What a text says but for whom it mentions."""
    return HANDLE.sub(" ", text)


def spoken(text: str) -> str:
    """The words in their order, a blank around each: a phrase is a part of it."""
    return f" {' '.join(WORD.findall(plain_letters(text)))} "


def _singular(word: str) -> str:
    """One form for both numbers, if not always the one in the dictionary: horse and horses are
    "hors", bus and buses "bus"."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    stem = word.removesuffix("es") if word.endswith("es") else word.removesuffix("e")
    if stem != word and stem.endswith(("s", "x", "ch", "sh")):
        return stem
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


class Vocabulary:
    """Lists of words under names, from a file: which of the names does a text speak of?"""

    def __init__(self, file: Path) -> None:
        words = {name: text.split() for name, text in tomllib.loads(file.read_text()).items()}
        self.names = tuple(words)
        self._spaced = {
            name: telling_words(" ".join(word for word in known if "-" not in word))
            for name, known in words.items()
        }
        self._phrases = {  # `stop-motion` is two words that follow each other
            name: tuple(spoken(word) for word in known if "-" in word)
            for name, known in words.items()
        }
        self._joined = {  # scripts without spaces between words
            name: tuple(word for word in known if not word.isascii())
            for name, known in words.items()
        }

    def names_in(self, text: str) -> frozenset[str]:
        """The names that a text speaks of. Whom it mentions says nothing."""
        said = without_handles(text)
        words, line, letters = telling_words(said), spoken(said), plain_letters(said)
        return frozenset(
            name
            for name in self.names
            if words & self._spaced[name]
            or any(phrase in line for phrase in self._phrases[name])
            or any(word in letters for word in self._joined[name])
        )

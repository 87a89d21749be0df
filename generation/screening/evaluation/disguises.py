"""Forty ways in which people hide a word, each a function of a plain one."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable

CYRILLIC = str.maketrans(
    "aeopcxyikhtmbs",
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u043a\u04bb\u0442\u043c\u044c\u0455",
)
GREEK = str.maketrans("aionvtkpux", "\u03b1\u03b9\u03bf\u03b7\u03bd\u03c4\u03ba\u03c1\u03c5\u03c7")
FIGURES = str.maketrans("aeiost", "431057")
SIGNS = str.maketrans("ais", "@!$")
SMALL_CAPITALS = str.maketrans(
    "abcdeghijklmnoprtuvwz",
    "\u1d00\u0299\u1d04\u1d05\u1d07\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18\u0280\u1d1b\u1d1c\u1d20\u1d21\u1d22",
)
TURNED = str.maketrans(
    "abcdefghijklmnopqrstuvwxyz",
    "\u0250q\u0254p\u01dd\u025f\u0183\u0265\u1d09\u027e\u029el\u026fuodb\u0279s\u0287n\u028c\u028dx\u028ez",
)
VOWELS = "aeiou"


def shifted(first: int) -> Callable[[str], str]:
    """The same letters in another block of Unicode, in which `a` stands at `first`."""
    return lambda word: "".join(chr(first + ord(c) - 97) if "a" <= c <= "z" else c for c in word)


def between(sign: str) -> Callable[[str], str]:
    return sign.join


def with_mark(mark: str) -> Callable[[str], str]:
    return lambda word: "".join(letter + mark for letter in word)


def without_vowels(sign: str) -> Callable[[str], str]:
    """Those within a word as a sign."""
    return lambda word: word[0] + "".join(sign if c in VOWELS else c for c in word[1:])


def torn(by: str) -> Callable[[str], str]:
    return lambda word: word[: len(word) // 2] + by + word[len(word) // 2 :]


def _swapped(word: str) -> str:
    return word[0] + word[2] + word[1] + word[3:] if len(word) > 3 else word


def _every_other(word: str) -> str:
    return "".join(c.upper() if at % 2 else c for at, c in enumerate(word))


def _italic(word: str) -> str:
    """Its h stands elsewhere."""
    return shifted(0x1D44E)(word).replace("\U0001d455", "\u210e")


DISGUISES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "every other capital": _every_other,
    "accents": with_mark("\u0301"),
    "struck through": with_mark("\u0336"),
    "many marks (zalgo)": with_mark("\u0300\u0316\u0334"),
    "fullwidth": shifted(0xFF41),
    "mathematical bold": shifted(0x1D41A),
    "mathematical italic": _italic,
    "mathematical script": shifted(0x1D4EA),
    "double-struck": shifted(0x1D552),
    "monospace": shifted(0x1D68A),
    "circled": shifted(0x24D0),
    "parenthesised": shifted(0x249C),
    "squared": shifted(0x1F170),
    "regional indicators": shifted(0x1F1E6),
    "small capitals": lambda word: word.translate(SMALL_CAPITALS),
    "Cyrillic look-alikes": lambda word: word.translate(CYRILLIC),
    "Greek look-alikes": lambda word: word.translate(GREEK),
    "figures": lambda word: word.translate(FIGURES),
    "signs": lambda word: word.translate(SIGNS),
    "figures and signs": lambda word: word.translate(SIGNS).translate(FIGURES),
    "blanks": between(" "),
    "two blanks": between("  "),
    "dots": between("."),
    "hyphens": between("-"),
    "underscores": between("_"),
    "stars between": between("*"),
    "line breaks": between("\n"),
    "zero-width spaces": between("\u200b"),
    "zero-width joiners": between("\u200d"),
    "soft hyphens": between("\u00ad"),
    "right-to-left marks": between("\u200f"),
    "one hyphen": torn("-"),
    "one slash": torn("/"),
    "letters drawn out": lambda word: word[0] + word[1] * 4 + word[2:],
    "letters doubled": lambda word: "".join(letter * 2 for letter in word),
    "vowels masked *": without_vowels("*"),
    "vowels masked _": without_vowels("_"),
    "from behind": lambda word: word[::-1],
    "within an @handle": lambda word: f"@{word}",
    "one blank": torn(" "),
    "two letters swapped": _swapped,
    "upside down": lambda word: word.translate(TURNED)[::-1],
    "rot13": lambda word: codecs.encode(word, "rot13"),
    "base64": lambda word: base64.b64encode(word.encode()).decode(),
}

"""What somebody wants of their feed, read from a sentence: by rules, and wholly or not at all.

"more stop-motion, less dance, nothing political this week" is three wishes. The words that it
takes are in steering.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from ranking.errors import Contradiction, NotThatLong, NotUnderstood
from ranking.types import About, Verb
from sora_social.wording import plain_letters, telling_words

USUAL_DAYS, MOST_DAYS = 7, 90
LONGEST = 4  # words of a free subject
Phrases = Mapping[tuple[str, ...], Any]
_TOKEN = re.compile(r"@\w+|(?:[cdjlmnqst]|qu)['’](?=\w)|\w+(?:[-'’]\w+)*|[^\w\s@'’-]+|\n", re.I)


class Wish(NamedTuple):
    verb: Verb
    about: About
    key: str  # a topic, a handle, or the words themselves
    days: int


class Part(NamedTuple):
    """A piece of the sentence: what it is, what that says, and the words as they were written."""

    kind: str  # verb, name, period, break, word
    says: Any
    words: tuple[str, ...]


def wishes_in(text: str) -> list[Wish]:
    """Everything that is asked for. Raises NotUnderstood, Contradiction, NotThatLong."""
    found = _Reading(_parts(_tokens(text))).wishes
    if not found:
        raise NotUnderstood(words=text.split())
    said = dict[tuple[About, str], Verb]()
    for wish in found:
        if said.setdefault((wish.about, wish.key), wish.verb) != wish.verb:
            raise Contradiction(words=[wish.key])
    return list(dict.fromkeys(found))


class _Reading:
    """Goes through the parts once; what it cannot place it raises, with the words."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.wishes: list[Wish] = []
        self.verb: Part | None = None
        self.fresh = False  # the verb has no subject yet
        self.broken = False  # a comma stood behind it
        self.subject: list[Part] = []
        self.run = 0  # where the wishes of this verb begin
        self.days = USUAL_DAYS
        for part in parts:
            getattr(self, f"_{part.kind}")(part)
        self._end()

    def _word(self, part: Part) -> None:
        self.subject.append(part)

    _name = _word

    def _break(self, part: Part) -> None:
        self._close()
        self.broken = True

    def _verb(self, part: Part) -> None:
        self._close()
        if self.verb and self.fresh:
            part = self._joined(self.verb, part)
        self.verb, self.fresh, self.broken = part, True, False
        self.run = len(self.wishes)

    def _joined(self, first: Part, then: Part) -> Part:
        if self.broken:  # "more, less dance": more of what?
            raise NotUnderstood(words=list(first.words))
        return _together(first, then)

    def _period(self, part: Part) -> None:
        """Of the wishes of this verb; said in front, of all."""
        self._close()
        if self.verb is None:
            self.days = part.says
        self.wishes[self.run :] = [
            wish._replace(days=part.says) for wish in self.wishes[self.run :]
        ]

    def _close(self) -> None:
        subject = [part for part in self.subject if part.says not in FILLING]
        self.subject = []
        if not subject:
            return
        if self.verb is None:
            raise NotUnderstood(words=_written(subject))
        self.wishes += [Wish(self.verb.says, *about, self.days) for about in _about(subject)]
        self.fresh = False

    def _end(self) -> None:
        self._close()
        if self.verb and self.fresh and not self._is_afterthought():
            raise NotUnderstood(words=list(self.verb.words))

    def _is_afterthought(self) -> bool:
        """ "Keine Politik mehr": the last word belongs to the first."""
        assert self.verb
        return self.verb.says == Verb.MORE and bool(self.wishes) and self._last() == Verb.NO

    def _last(self) -> Verb:
        return self.wishes[-1].verb


def _together(first: Part, then: Part) -> Part:
    """ "No more", "show me less": two verbs in a row are one wish, if they agree."""
    words = first.words + then.words
    if first.says != Verb.NO:
        return then._replace(words=words)
    if then.says in (Verb.MORE, Verb.NO):
        return first._replace(words=words)
    raise NotUnderstood(words=list(words))


def _about(subject: list[Part]) -> Iterator[tuple[About, str]]:
    """What a run of words names: people, or one thing."""
    people = [part for part in subject if part.words[0].startswith("@")]
    others = [part for part in subject if part not in people]
    if people and others:
        raise NotUnderstood(words=_written(others))
    yield from ((About.PERSON, part.words[0][1:].lower()) for part in people)
    if others:
        yield _thing(others)


def _thing(subject: list[Part]) -> tuple[About, str]:
    if len(subject) == 1 and subject[0].kind == "name":
        known: tuple[About, str] = subject[0].says
        return known
    written = _written(subject)
    key = " ".join(written).lower()
    if len(written) > LONGEST or not telling_words(key):
        raise NotUnderstood(words=written)
    return About.WORDS, key


def _written(parts: Iterable[Part]) -> list[str]:
    return list(chain.from_iterable(part.words for part in parts))


# --- from letters to parts ------------------------------------------------------------------------


def _tokens(text: str) -> list[str]:
    return [found.group() for found in _TOKEN.finditer(text)]


def _plain(token: str) -> str:
    return plain_letters(token.replace("’", "'")).replace("-", " ").rstrip("'")


def _parts(tokens: list[str]) -> Iterator[Part]:
    """The longest phrase that begins at each place; a word that is none stands for itself."""
    at = 0
    while at < len(tokens):
        part = _spell(tokens, at) or _phrase(tokens, at) or _single(tokens[at])
        yield part
        at += len(part.words)


def _phrase(tokens: list[str], at: int) -> Part | None:
    for length in range(min(_MOST_WORDS, len(tokens) - at), 0, -1):
        words = tuple(tokens[at : at + length])
        if known := PHRASES.get(tuple(map(_plain, words))):
            kind, says = known
            return Part(kind, says, words)
    return None


def _spell(tokens: list[str], at: int) -> Part | None:
    """ "For 3 days", "pendant deux semaines"."""
    first = at + (_plain(tokens[at]) in BEFORE_SPELLS)
    number, unit = (list(map(_plain, tokens[first : first + 2])) + ["", ""])[:2]
    count = NUMBERS.get(number) or (int(number[:6]) if _is_number(number) else None)
    if count is None or unit not in UNITS:
        return None
    days = count * UNITS[unit]
    if not 1 <= days <= MOST_DAYS:
        raise NotThatLong(days=days)
    return Part("period", days, tuple(tokens[at : first + 2]))


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()


def _single(token: str) -> Part:
    is_word = token.startswith("@") or token[0].isalnum() or token[0] == "_"
    return Part("word" if is_word else "break", _plain(token), (token,))


# --- the words ------------------------------------------------------------------------------------


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(_plain(token) for token in _tokens(phrase))


def _listed(lines: str) -> Iterator[str]:
    return (phrase.strip() for phrase in re.split(r"[|\n]", lines) if phrase.strip())


def _read(words: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], tuple[str, Any]]]:
    """(phrase, (kind, what it says)); where phrases are alike the first holds."""
    for topic, names in words["topics"].items():
        for name in names.split():
            yield _key(name), ("name", (About.TOPIC, topic))
            yield _key(name.replace("-", " ")), ("name", (About.TOPIC, topic))
    for about in (About.REMIXES, About.NEWCOMERS):
        for name in _listed(words["words"][about]):
            yield _key(name), ("name", (about, ""))
    for days, phrases in words["periods"].items():
        yield from ((_key(phrase), ("period", int(days))) for phrase in _listed(phrases))
    for verb in Verb:
        for phrase in _listed(words["verbs"][verb]):
            yield _key(phrase), ("verb", verb)
    yield from ((_key(word), ("break", word)) for word in words["words"]["between"].split())


_FILE = tomllib.loads((Path(__file__).parent / "steering.toml").read_text())
PHRASES: Phrases = dict(reversed(list(_read(_FILE))))
_MOST_WORDS = max(map(len, PHRASES))
FILLING = frozenset(_plain(token) for token in _tokens(_FILE["words"]["filling"]))
UNITS = {
    _plain(unit): int(days) for days, units in _FILE["units"].items() for unit in units.split()
}
NUMBERS: Mapping[str, int] = _FILE["numbers"]
BEFORE_SPELLS = frozenset({"for", "por", "durante", "pendant", "fur", "during"})

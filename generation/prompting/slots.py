"""@handles become reference slots: who is named first is person one, people before characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from cameos.services import MENTION
from generation.reading import DRAWN

NUMBERS = ("one", "two", "three", "four", "five", "six")
ORDER = ("first", "second", "third", "fourth", "fifth", "sixth")
PERSON = "person"
NOUNS = {"pet": "animal", "object": "object", "drawn": "drawn character"}  # by kind of character


def slots_of(
    texts: Iterable[str], handles: Iterable[str], characters: Iterable[str] = ()
) -> tuple[str, ...]:
    """The known handles in the order in which the texts name them, and characters last: their
    pictures come after those of people."""
    last = {handle.lower() for handle in characters}
    known = {handle.lower() for handle in handles} | last
    named = (handle.lower() for text in texts for handle in MENTION.findall(text))
    found = dict.fromkeys(handle for handle in named if handle in known)
    return tuple(sorted(found, key=lambda handle: handle in last))[: len(ORDER)]


def with_slots(
    text: str, slots: Sequence[str], vocabulary: str, kinds: Mapping[str, str] | None = None
) -> str:
    """The text with everybody's slot for their handle; a handle of nobody stays as a word.

    `kinds` are those of the characters, by handle.
    """
    met: set[str] = set()
    nouns = {slot: NOUNS.get((kinds or {}).get(slot, ""), PERSON) for slot in slots}

    def name(mention: re.Match[str]) -> str:
        handle = mention[1].lower()
        if handle not in slots:
            return mention[1]
        again = handle in met
        met.add(handle)
        if vocabulary == DRAWN:
            return name_of(slots.index(handle), len(slots), vocabulary)
        noun = nouns[handle]
        alike = [slot for slot in slots if nouns[slot] == noun]
        return name_of(alike.index(handle), len(alike), vocabulary, noun, again=again)

    return MENTION.sub(name, text)


def name_of(slot: int, of: int, vocabulary: str, noun: str = PERSON, *, again: bool = False) -> str:
    """How the model calls whoever is in a slot, one of so many of that noun."""
    if vocabulary == DRAWN:
        return f"person {NUMBERS[slot]}"  # as the captions of training say
    if of == 1:
        article = "an" if noun[0] in "aeiou" else "a"
        return f"the {noun}" if again else f"{article} {noun}"
    return f"the {ORDER[slot]} {noun}"


def named_in(text: str, slots: Sequence[str]) -> list[int]:
    """The slots that the text names, in its order."""
    named = dict.fromkeys(handle.lower() for handle in MENTION.findall(text))
    return [slots.index(handle) for handle in named if handle in slots]

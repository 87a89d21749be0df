"""@handles become reference slots: whoever is named first is person one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cameos.services import MENTION
from generation.reading import DRAWN

NUMBERS = ("one", "two", "three", "four", "five", "six")
ORDER = ("first", "second", "third", "fourth", "fifth", "sixth")


def slots_of(texts: Iterable[str], handles: Iterable[str]) -> tuple[str, ...]:
    """The known handles in the order in which the texts name them."""
    known = {handle.lower() for handle in handles}
    named = (handle.lower() for text in texts for handle in MENTION.findall(text))
    return tuple(dict.fromkeys(handle for handle in named if handle in known))[: len(ORDER)]


def with_slots(text: str, slots: Sequence[str], vocabulary: str) -> str:
    """The text with everybody's slot for their handle; a handle of nobody stays as a word."""
    met: set[str] = set()

    def name(mention: re.Match[str]) -> str:
        handle = mention[1].lower()
        if handle not in slots:
            return mention[1]
        again = handle in met
        met.add(handle)
        return name_of(slots.index(handle), len(slots), vocabulary, again=again)

    return MENTION.sub(name, text)


def name_of(slot: int, of: int, vocabulary: str, *, again: bool = False) -> str:
    """How the model calls whoever is in a slot."""
    if vocabulary == DRAWN:
        return f"person {NUMBERS[slot]}"  # as the captions of training say
    if of == 1:
        return "the person" if again else "a person"
    return f"the {ORDER[slot]} person"


def named_in(text: str, slots: Sequence[str]) -> list[int]:
    """The slots that the text names, in its order."""
    named = dict.fromkeys(handle.lower() for handle in MENTION.findall(text))
    return [slots.index(handle) for handle in named if handle in slots]

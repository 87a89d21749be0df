"""What a prompt is about, where that matters for whose likeness may be in it.

A published word list finds contexts; what the author declares, and what the sources were about,
is added. Nothing takes a context away, so that a remix never has fewer than what it is made from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from cameos.states import Context
from generation.screening import readings, tells_an_age
from sora_social.wording import Vocabulary, without_handles

SPEECH = "speech"
QUOTED = re.compile(r"[\"“„«「].+?[\"”“»」]")

WORDS = Vocabulary(Path(__file__).parent / "contexts.toml")


def contexts_in(text: str) -> frozenset[Context]:
    """The contexts that a text is seen to have, through the disguises that screening reads."""
    said = without_handles(text)
    found = {Context(name) for name in WORDS.names_in(readings(said)) - {SPEECH}}
    return frozenset(found | {Context.MINORS} if tells_an_age(said) else found)


def is_spoken(text: str) -> bool:
    """Whether somebody is to be heard speaking or singing: it says so, or quotes what they say."""
    return bool(QUOTED.search(text)) or SPEECH in WORDS.names_in(text)


def together(*parts: Iterable[str]) -> list[Context]:
    """All contexts of the parts, in the order of the vocabulary."""
    found = {word for part in parts for word in part}
    return [context for context in Context if context in found]

"""How a model reads a prompt: which words it was taught, and how far it reads. Its card says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generation.engine.capabilities import card_of

DRAWN = "drawn"  # the words that the shipped model was taught: prompting/drawn/
ANY = "any"  # plain English, as production models read it


@dataclass(frozen=True)
class Reader:
    """`window` is how many tokens the model reads, where its card tells."""

    vocabulary: str = ANY
    window: int | None = None


def reader_of(folder: Path) -> Reader:
    """How the model in the folder reads. Raises OSError, ValueError for a broken card."""
    card = card_of(folder)
    window = card.get("call", {}).get("max_sequence_length")
    return Reader(card.get("vocabulary", ANY), window)

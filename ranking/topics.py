"""What items are about, from a published word list: the topics that people steer by."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sora_social.wording import Vocabulary

WORDS = Vocabulary(Path(__file__).parent / "topics.toml")
TOPICS = WORDS.names  # a topic's place is its bit; new ones go to the end


def topics_in(text: str) -> int:
    """The topics that a text speaks of, as bits."""
    return bits_of(WORDS.names_in(text))


def bits_of(topics: Iterable[str]) -> int:
    return sum(1 << TOPICS.index(topic) for topic in set(topics))


def named(bits: int) -> list[str]:
    return [topic for place, topic in enumerate(TOPICS) if bits >> place & 1]

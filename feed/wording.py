"""A post's words as ranking knows them: what they are like, about, and a variation of."""

from __future__ import annotations

from typing import Any

from ranking.services import embed, packed, template_of, topics_in


def told(prompt: str, style: str, caption: str) -> dict[str, Any]:
    """The columns of a post that say what its prompt, style and caption speak of."""
    text = text_of(prompt, style, caption)
    return {
        "vector": packed(embed([text])[0]),
        "topics": topics_in(text),
        "template": template_of(prompt),
    }


def text_of(*parts: str) -> str:
    """All that is said of a video, in one text."""
    return " ".join(part for part in parts if part)

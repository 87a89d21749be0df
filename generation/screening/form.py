"""The form of a prompt, whatever it says."""

from __future__ import annotations

from generation.errors import PromptRefused
from sora_social.text import is_plain

LONGEST = 2000
LONGEST_DELIVERED = 32_000  # of what the developers' API asks for


def check_form(prompt: str, field: str = "prompt", most: int = LONGEST) -> None:
    """A prompt is 1 to `most` plain characters. Raises PromptRefused."""
    if not prompt.strip():
        raise PromptRefused(field=field, rule="empty")
    if len(prompt) > most:
        raise PromptRefused(field=field, rule="too_long", at_most=most, length=len(prompt))
    if not is_plain(prompt):
        raise PromptRefused(field=field, rule="control_characters")

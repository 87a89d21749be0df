"""What is looked at before anything is rendered. Thin: published rules on words alone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from generation.errors import Blocked, PromptRefused
from sora_social.text import is_plain

LONGEST = 2000
MENTION = re.compile(r"(?<![\w@.])@\w+")

with (Path(__file__).parent / "blocked_words.toml").open("rb") as _file:
    WORDS = {group: frozenset(words.split()) for group, words in tomllib.load(_file).items()}


def check_form(prompt: str, field: str = "prompt") -> None:
    """A prompt is 1 to 2000 plain characters. Raises PromptRefused."""
    if not prompt.strip():
        raise PromptRefused(field=field, rule="empty")
    if len(prompt) > LONGEST:
        raise PromptRefused(field=field, rule="too_long", at_most=LONGEST, length=len(prompt))
    if not is_plain(prompt):
        raise PromptRefused(field=field, rule="control_characters")


def screen(prompt: str, *, with_likeness: bool) -> None:
    """Raises Blocked, naming the rule: minors with sexual words; sex or gore with a likeness."""
    words = set(re.findall(r"[a-z]+", MENTION.sub(" ", prompt).lower()))
    sexual, violent = words & WORDS["sexual"], words & WORDS["violent"]
    if sexual and words & WORDS["minors"]:
        raise Blocked(rule="minors")
    if sexual and with_likeness:
        raise Blocked(rule="sexual_likeness")
    if violent and with_likeness:
        raise Blocked(rule="violent_likeness")

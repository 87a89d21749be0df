"""The author's words first, then what is understood in them, what is added, and the style."""

from __future__ import annotations

from collections.abc import Iterable

from cameos.services import MENTION
from generation import styles
from generation.prompting.recognition import Understanding, understand
from generation.prompting.slots import named_in, slots_of, with_slots
from generation.prompting.template import PICTURED, hints
from generation.prompting.translation import translated
from generation.prompting.types import Asked, Level, Words, Write, WriterFailed
from generation.prompting.vocabulary import ENGLISH
from generation.prompting.writing import added_by
from generation.reading import DRAWN, Reader
from generation.screening import ADDED, EARLIER, INSTRUCTIONS, Said, screen, unnamed
from generation.styles import Parts

Texts = tuple[str, ...]
ENDS = " .,;。，\n"


def compose(asked: Asked, reader: Reader, write: Write | None = None) -> Words:
    """What the model reads for the prompt and for each shot. Raises Blocked.

    The author's words are screened as they are, and again with all that was added.
    """
    check(asked)
    texts = tuple(_instructed(text, asked) for text in (asked.prompt, *asked.shots))
    slots = slots_of(texts, asked.handles, [handle for handle, _ in asked.characters])
    style = styles.parts_of(asked.style, reader.vocabulary)
    composed, by, note = _added(texts, asked, slots, reader, style, write)
    check(asked, *composed)
    return Words(composed[0], composed[1:], slots, asked.level, asked.style, by, note)


def check(asked: Asked, *added: str) -> None:
    """Screen all that was said for a video and what else its model reads, together with what was
    seen of it. Raises Blocked."""
    screen(
        *said_in(asked, *added),
        with_likeness=asked.with_likeness,
        seen=asked.seen,
        pardons=asked.pardons,
        fingerprint=asked.fingerprint,
    )


def said_in(asked: Asked, *added: str) -> list[Said]:
    """All of these texts, each with its field."""
    known = [*asked.handles, *(handle for handle, _ in asked.characters)]
    shots = ((f"shots.{number}", text) for number, text in enumerate(asked.shots))
    return [
        *(Said(where, unnamed(text, known)) for where, text in (("prompt", asked.prompt), *shots)),
        *(Said(INSTRUCTIONS, text) for _, text in asked.instructions),
        *(Said(ADDED, unnamed(text, known)) for text in added),
        *(Said(EARLIER, text) for text in asked.earlier),
    ]


def _instructed(text: str, asked: Asked) -> str:
    """With what the owners of those whom it mentions add to every prompt."""
    said = {handle.lower() for handle in MENTION.findall(text)}
    added = [f"@{handle} {words}" for handle, words in asked.instructions if handle in said]
    return ". ".join([text.rstrip(ENDS), *added]) if added else text


def _added(
    texts: Texts, asked: Asked, slots: Texts, reader: Reader, style: Parts, write: Write | None
) -> tuple[Texts, Level, str]:
    """Every text with what its level adds; where a text model fails at one, the template's."""
    kinds = dict(asked.characters)
    own = tuple(with_slots(text, slots, reader.vocabulary, kinds) for text in texts)
    if asked.level == Level.OFF:
        return tuple(_caption([text, style.after], style) for text in own), Level.OFF, ""
    note = ""
    if asked.level == Level.WRITER:
        try:
            return tuple(_written(text, asked, style, write) for text in own), Level.WRITER, ""
        except WriterFailed as failed:
            note = failed.reason
    pairs = zip(texts, own, strict=True)
    composed = tuple(_by_template(*pair, asked, slots, reader, style) for pair in pairs)
    return composed, Level.TEMPLATE, note


def _written(own: str, asked: Asked, style: Parts, write: Write | None) -> str:
    added = added_by(write, own, with_likeness=asked.with_likeness)
    return _caption([f"{own.rstrip(ENDS)}. {added}", style.after], style)


def _by_template(
    text: str, own: str, asked: Asked, slots: Texts, reader: Reader, style: Parts
) -> str:
    understanding = understand(text)
    pictured = PICTURED if asked.pictured else frozenset()
    settled = style.settles | pictured
    added = hints(
        understanding, text, vocabulary=reader.vocabulary, seed=asked.seed, settled=settled
    )
    if reader.vocabulary != DRAWN:  # production models read other languages
        return _caption([own, *added.values(), style.after], style)
    light = added.pop("light", "")
    theirs = translated(understanding, named_in(text, slots), light)
    own = own if theirs else f"{own.rstrip(ENDS)} {light}"
    parts = [own, theirs, *added.values(), style.after]
    return _caption(_in_reach(parts, understanding, reader), style)


def _in_reach(parts: list[str], understanding: Understanding, reader: Reader) -> list[str]:
    """Words the model does not know go last where they might push those it knows out of its
    window: a tokenizer of bytes makes at most one token of each."""
    own, *rest = parts
    length = sum(len(part.encode()) + 2 for part in parts)
    if understanding.language in (ENGLISH, None) or not rest[0]:
        return parts
    return [*rest, own] if reader.window and length > reader.window else parts


def _caption(parts: Iterable[str], style: Parts) -> str:
    said = ", ".join(trimmed for part in parts if (trimmed := part.rstrip(ENDS)))
    return f"{style.before} {said}".strip()

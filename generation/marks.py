"""The marks that outputs bear: which number, which words, and whose number a picture shows."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Q

from generation.marking import code_of
from generation.models import Job, Output
from generation.plans import plan_of

FILE = Path(__file__).with_name("marks.toml")
NUMBERS = 1 << 40  # as many as a mark can say
LOOKED_AT = 12  # frames of a clip

Frames = np.ndarray  # (T, H, W, 3) RGB


def draw() -> int:
    """A number that no output bears. It says nothing of when or for whom it was drawn."""
    while True:
        number = secrets.randbelow(NUMBERS)
        if not Output.objects.filter(mark=number).exists():
            return number


def tile_of(number: int) -> np.ndarray:
    """What the number looks like, under the key of now."""
    from generation.marking.pattern import pattern  # noqa: PLC0415 -- loads where it is used

    return pattern(settings.MARK_KEY.encode()).tile(number)


def sheet_of(number: int) -> np.ndarray:
    """What the number sounds like, under the key of now."""
    from generation.marking.voice import script  # noqa: PLC0415 -- loads where it is used

    return script(settings.MARK_KEY.encode()).sheet(number)


def order_of(number: int, folder: Path, words: str) -> dict[str, str]:
    """What an order to encode says of marks: files in numpy's format with the tile of its pictures
    and the sheet of its sound, and what people are to read. The child never gets the key."""
    files = {"mark": tile_of(number), "voice": sheet_of(number)}
    order = {"words": words}
    for name, array in files.items():
        file = folder / f"{name}-{code_of(number)}.npy"
        np.save(file, array, allow_pickle=False)
        order[name] = str(file)
    return order


def words_on(job: Job) -> str:
    """What people are to read on it; empty where policy asks for nothing."""
    asked = policy()["visible"]
    people = job.uses.exclude(cameo=None)
    if asked["asked"] == "never" or (asked["asked"] == "with_people" and not people.exists()):
        return ""
    others = people.filter(~Q(cameo__owner=job.author_id)).exists()
    if plan_of(job.author_id).unmarked and not others:
        return ""
    return str(asked["words"]).format(handle=job.author.handle)


def version() -> str:
    """Of the policy."""
    return str(policy()["version"])


@cache
def policy() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text())


def carries_our_mark(frames: Frames) -> bool:
    """Is a mark of ours in frames (T, H, W, 3) RGB of one clip? Read or not, it is one."""
    chosen = np.linspace(0, len(frames) - 1, min(len(frames), LOOKED_AT)).astype(int)
    return any(seen.is_marked for seen in look(frames[chosen]))


def hear(sound: np.ndarray) -> int | None:
    """The number in a sound at `voice.RATE`, with any of our keys."""
    from generation.marking import voice  # noqa: PLC0415 -- loads where it is used

    for key in (settings.MARK_KEY, *settings.MARK_KEY_FALLBACKS):
        heard = voice.listen(sound, voice.script(key.encode()))
        if heard.number is not None:
            return heard.number
    return None


def look(frames: Iterable[np.ndarray]) -> Iterator[Any]:
    """What is seen in frames of one clip with each of our keys: generation.marking.reading.Seen."""
    from generation.marking import reading  # noqa: PLC0415 -- loads where it is used
    from generation.marking.pattern import pattern  # noqa: PLC0415

    rest = reading.rest_of(frames)
    for key in (settings.MARK_KEY, *settings.MARK_KEY_FALLBACKS):
        yield reading.look_into(rest, pattern(key.encode()))

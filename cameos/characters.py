"""The life of a character: taken in, changed, paused, removed, forgotten.

The web process measures a clip, in the sandbox, and takes it in; a worker looks at it
(`sketching`), because only there may the libraries that read faces be loaded. The row is the
truth, the message to the worker a hint that the sweeper sends again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.timezone import now

from cameos import waiting
from cameos.enrolment import current_pack
from cameos.errors import HandleTaken, TooManyCharacters
from cameos.models import Character, CharacterPicture
from cameos.states import CharacterState
from cameos.types import LONGEST, SHORTEST
from sora_social import audit, outbox, storage, uploads
from sora_social.errors import IllegalMove
from sora_social.ids import uuid7
from sora_social.users.export import as_json
from sora_social.users.models import HandleKind, User
from sora_social.users.services import claim_handle, release_handle

SLACK = 0.1  # seconds; cameras are not exact
CLIP = replace(uploads.CLIP, seconds=LONGEST + SLACK)
A_GLANCE: dict[str, Any] = {"max_frames": 16, "fps": 2, "side": 32}
MOST, MOST_A_DAY = 20, 40  # of one owner: that stand, that were begun within a day
SKETCH = "cameos.tasks.sketch"
TOLD = ("display_name", "instructions", "audience")  # what an owner may change


class Part(NamedTuple):
    """Of one of the owner's videos: which, from when on, how long, in seconds."""

    output: UUID
    start: float
    seconds: float


# --- making one -----------------------------------------------------------------------------------


def make_character(
    owner: User, clip: Path, *, handle: str, kind: str, part: Part | None = None, **told: str
) -> Character:
    """Take a clip of 2 to 4 s in, or the part of a longer video, and send it to be looked at.

    `told`: `display_name`, `instructions`, `audience`. The same clip under the same handle again
    is the same character. Raises LikenessOff, UploadRefused, HandleTaken, TooManyCharacters.
    """
    current_pack()
    source = {"handle": handle.lower(), "sha256": _hash_of(clip), **_columns_of(part)}
    if earlier := Character.objects.standing().owned_by(owner).filter(**source).first():
        return earlier
    _require_room(owner)
    seconds = part.seconds if part else _measured(clip)
    made = Character(owner=owner, kind=kind, **source | {"seconds": seconds}, **told)
    storage.put(made.clip_key, clip)
    try:
        return _take_in(made)
    except Exception:
        storage.drop(made.clip_key)
        raise


def _hash_of(clip: Path) -> str:
    with clip.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _columns_of(part: Part | None) -> dict[str, Any]:
    if part is None:
        return {"output_id": None}
    return {"output_id": part.output, "start": part.start, "seconds": part.seconds}


def _measured(clip: Path) -> float:
    """The seconds of an upload that can be decoded at all. Raises UploadRefused."""
    seconds = round(uploads.read_clip(clip, CLIP, **A_GLANCE).seconds, 3)
    if seconds < SHORTEST - SLACK:
        raise uploads.UploadRefused(
            field="clip", rule="too_short", seconds=seconds, at_least=SHORTEST
        )
    return seconds


def _require_room(owner: User) -> None:
    mine = Character.objects.owned_by(owner)
    if mine.standing().count() >= MOST:
        raise TooManyCharacters(at_most=MOST)
    if mine.filter(made_at__gt=now() - timedelta(days=1)).count() >= MOST_A_DAY:
        raise TooManyCharacters(at_most=MOST_A_DAY, hours=24)


@transaction.atomic
def _take_in(made: Character) -> Character:
    User.objects.select_for_update(no_key=True).get(pk=made.owner_id)  # they are counted one by one
    _require_room(made.owner)
    if not claim_handle(made.owner, made.handle, HandleKind.CHARACTER):
        raise HandleTaken()
    made.save(force_insert=True)
    audit.record("character.made", made.owner_id, character=str(made.pk), sha256=made.sha256)
    waiting.send(made, SKETCH)
    return made


def resume_sketching() -> int:
    """Send again what no worker has begun with; how many. The sweeper calls this."""
    return waiting.send_again(Character.objects.free(), SKETCH)


# --- keeping one ----------------------------------------------------------------------------------


@transaction.atomic
def change_character(character: Character, **told: str) -> Character:
    """Another `display_name`, `instructions` or `audience`. Raises IllegalMove once it is gone."""
    said = {name: told[name] for name in TOLD if name in told}
    if said and not Character.objects.standing().filter(pk=character.pk).update(**said):
        raise IllegalMove(here=character.state, to=character.state)
    character.refresh_from_db()
    record("changed", character, fields=sorted(said))
    return character


@transaction.atomic
def pause_character(character: Character) -> Character:
    """Nobody may use it, the owner neither, until it is resumed; what is published stays."""
    character.move(CharacterState.PAUSED)
    record("paused", character)
    return character


@transaction.atomic
def resume_character(character: Character) -> Character:
    """Back from a pause, and only from there. Raises IllegalMove."""
    if character.state != CharacterState.PAUSED:
        raise IllegalMove(here=character.state, to=CharacterState.READY)
    character.move(CharacterState.READY)
    record("resumed", character)
    return character


@transaction.atomic
def remove_character(character: Character) -> Character:
    """End it for good: its pictures are deleted and its handle is free. Raises IllegalMove."""
    character.refresh_from_db(from_queryset=Character.objects.select_for_update())
    character.move(CharacterState.REMOVED, instructions="")
    let_go(character)
    record("removed", character)
    return character


def let_go(character: Character) -> None:
    """Of one that is gone: the handle, and every file once that is committed."""
    release_handle(character.owner, character.handle, HandleKind.CHARACTER)
    keys = [character.clip_key, *character.pictures.values_list("key", flat=True)]
    character.pictures.all().delete()
    storage.drop_later(keys)


def record(what: str, character: Character, **facts: object) -> None:
    """What an owner did, into the audit chain and to the owner's devices."""
    which = {"character": str(character.pk)}
    audit.record(f"character.{what}", character.owner_id, **which, **facts)
    told = {"handle": character.handle, "state": character.state, "audience": character.audience}
    key = f"character.{what}.{uuid7()}"
    outbox.write(key, character.owner_id, "character_changed", **which, **told)


def character_picture(character: Character) -> str:
    """The storage key of the picture that conditions a generation; empty without one."""
    return character.pictures.values_list("key", flat=True).first() or ""


# --- a person's own, and a person's end -----------------------------------------------------------


def personal_data(user: User) -> Iterator[tuple[str, bytes | str]]:
    """The characters' part of a person's export."""
    characters = list(Character.objects.kept().owned_by(user).prefetch_related("pictures"))
    yield "cameos/characters.json", as_json([_about(character) for character in characters])
    for picture in CharacterPicture.objects.filter(character__owner=user.pk).order_by("pk"):
        yield f"cameos/characters/{picture.character_id}-{picture.position + 1}.webp", picture.key


def _about(character: Character) -> dict[str, object]:
    names = ("id", "handle", "kind", *TOLD, "state", "made_at", "reasons", "output_id", "start")
    return {name: getattr(character, name) for name in (*names, "seconds")}


def forget(user: User) -> None:
    """Before a person's rows go: every character with its files."""
    for character in Character.objects.kept().owned_by(user):
        remove_character(character)

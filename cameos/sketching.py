"""A worker looks at a character's clip: claimed once, judged once, and the clip is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from django.conf import settings
from django.db import transaction

from cameos import verifying, waiting
from cameos.characters import let_go
from cameos.models import Character, CharacterPicture
from cameos.states import CharacterState
from cameos.verifying import FAILED, Finding
from sora_social import audit, outbox, storage

CHILD = "cameos.sketching_child"


def sketch(character_id: str) -> None:
    """Look at a clip and conclude, unless another worker has it. Safe to run twice."""
    if not waiting.claim(Character.objects.free(), character_id):
        return
    character = Character.objects.select_related("owner").get(pk=character_id)
    lost = character.tries > waiting.MOST_TRIES
    settle(character, Finding(False, (FAILED,)) if lost else _look(character))


def _look(character: Character) -> Finding:
    pack, end = str(settings.LIKENESS_MODEL_PACK), character.start + character.seconds
    try:
        with storage.local(character.clip_key) as clip:
            order = {"clip": str(clip), "pack": pack, "start": character.start, "end": end}
            return verifying.ask(CHILD, order)
    except FileNotFoundError:
        return Finding(False, (FAILED,))


def settle(character: Character, finding: Finding) -> None:
    """Write down what was found, once; keep the pictures, drop the clip."""
    waiting.keep(character.folder, finding.pictures, partial(_write_down, character, finding))
    storage.drop(character.clip_key)


@transaction.atomic
def _write_down(character: Character, finding: Finding, pictures: Mapping[str, str]) -> bool:
    """False when another worker was faster, or the character has been removed meanwhile."""
    found = Character.objects.select_for_update().filter(pk=character.pk).first()
    if found is None or found.state != CharacterState.MAKING:
        return False
    found.move(
        CharacterState.READY if finding.passed else CharacterState.REFUSED,
        reasons=list(finding.reasons),
    )
    if not finding.passed:
        let_go(found)
    CharacterPicture.objects.bulk_create(
        CharacterPicture(character=found, position=position, key=key, sha256=digest)
        for position, (key, digest) in enumerate(pictures.items())
    )
    _tell(found)
    return True


def _tell(character: Character) -> None:
    which = {"character": str(character.pk)}
    audit.record("character.sketched", None, state=character.state, **which)
    told = {"handle": character.handle, "reasons": character.reasons}
    kind = f"character_{character.state}"
    outbox.write(f"{kind}.{character.pk}", character.owner_id, kind, **which, **told)

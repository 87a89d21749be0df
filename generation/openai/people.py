"""Characters and cameos that a request names by id; a prompt of ours names them by handle."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cameos.models import Cameo, Character
from cameos.states import CharacterState
from generation.openai import ids
from sora_social.users.models import User
from sora_social.wire.bodies import Body
from sora_social.wire.errors import WireError, not_found

MOST_CHARACTERS, MOST_CAMEOS = 2, 3


def cast(author: User, body: Body, prompt: str) -> str:
    """The prompt with everybody in it whom `characters` and `cameos` name. Raises WireError."""
    listed = [("characters", one) for one in body.ids("characters", MOST_CHARACTERS)]
    listed += [("cameos", one) for one in body.ids("cameos", MOST_CAMEOS)]
    return mentioning(prompt, [_somebody(author, named, param) for param, named in listed])


def _somebody(author: User, named: str, param: str) -> Cameo | Character:
    if pk := ids.read(ids.CAMEO, named):
        found = Cameo.objects.known_to(author).filter(pk=pk).first()
    elif pk := ids.read(ids.CHARACTER, named):
        found = Character.objects.usable_by(author).filter(pk=pk).first()
        if found is None:
            _say_why(author, Character.objects.kept().owned_by(author).filter(pk=pk).first(), param)
    else:
        found = Cameo.objects.known_to(author).filter(handle=named.lstrip("@").lower()).first()
    if found is None:
        raise not_found(param, named[:80], status=400)
    return found


def _say_why(author: User, mine: Character | None, param: str) -> None:
    """Of one's own character that cannot be used: still being looked at, refused, paused."""
    if mine is None:
        return
    said = {
        CharacterState.MAKING: "It is still being made; ask again in some seconds.",
        CharacterState.REFUSED: f"It was refused: {', '.join(mine.reasons)}.",
        CharacterState.PAUSED: "It is paused.",
    }.get(CharacterState(mine.state), "It may not be used.")
    raise WireError("character_not_ready", said, param)


def mentioning(prompt: str, people: Sequence[Cameo | Character]) -> str:
    """The prompt with `@handle` where it says somebody's name, or behind it."""
    for one in people:
        mention = f"@{one.handle}"
        if re.search(rf"{mention}\b", prompt, re.IGNORECASE):
            continue
        name = re.escape(one.display_name.strip())
        said, times = (
            re.subn(rf"(?<!\w){name}(?!\w)", mention, prompt, count=1) if name else ("", 0)
        )
        prompt = said if times else f"{prompt} {mention}"
    return prompt

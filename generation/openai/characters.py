"""Characters under `/v1`: pets, things and drawn figures, made of a clip of 2 to 4 seconds."""

from __future__ import annotations

import re
import secrets
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from cameos.models import Character
from cameos.services import make_character
from cameos.states import CharacterKind
from generation.openai import ids
from sora_social.idempotent import idempotent
from sora_social.users.scopes import Scope
from sora_social.wire.bodies import Body, path_of
from sora_social.wire.errors import not_found
from sora_social.wire.views import WireView

LONGEST_NAME = 80
ROOT, TAIL = 14, 4  # characters of the name, and random bytes, in a handle


class Characters(WireView):
    reads = writes = Scope.CHARACTERS

    @idempotent
    def post(self, request: Request) -> Response:
        """Make one. It is looked at soon after: a human face is refused, for a person is a cameo,
        which only that person can make, in the app."""
        body = Body.of(request)
        name = body.text("name", LONGEST_NAME)
        kind = body.choice("kind", CharacterKind.values, CharacterKind.DRAWN)
        clip = path_of(body.file("video"))
        made = make_character(
            request.user, clip, handle=handle_of(name), kind=kind, display_name=name
        )
        return Response(as_character(made))


class OneCharacter(WireView):
    reads = writes = Scope.CHARACTERS

    def get(self, request: Request, pk: UUID) -> Response:
        found = Character.objects.kept().owned_by(request.user).filter(pk=pk).first()
        if found is None:
            raise not_found("character", ids.wired(ids.CHARACTER, pk))
        return Response(as_character(found))


def handle_of(name: str) -> str:
    """A handle that nobody has: clients name characters as they like, and by id."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:ROOT].strip("_")
    root = plain if plain[:1].isalpha() else f"it_{plain}".strip("_")[:ROOT]
    return f"{root}_{secrets.token_hex(TAIL)}"


def as_character(character: Character) -> dict[str, Any]:
    """The object of the contract, and ours: whether it can be used yet, or why it never can."""
    return {
        "id": ids.wired(ids.CHARACTER, character.pk),
        "object": "character",
        "name": character.display_name,
        "created_at": int(character.made_at.timestamp()),
        "state": character.state,
        "reasons": character.reasons,
    }

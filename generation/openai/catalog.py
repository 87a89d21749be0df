"""The models that clients name: those of the contract are the usual one at some tier; whatever an
operator keeps beside it goes by its own name."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from generation.states import Tier
from sora_social.wire.bodies import Body
from sora_social.wire.errors import WireError

USUAL = "sora-2"
OF_CONTRACT = {
    USUAL: Tier.STANDARD,
    "sora-2-2025-10-06": Tier.STANDARD,
    "sora-2-2025-12-08": Tier.STANDARD,
    "sora-2-pro": Tier.HIGH,
    "sora-2-pro-2025-10-06": Tier.HIGH,
}
SINCE = 1_759_708_800  # 2025-10-06, when the first of the names was given


def names() -> list[str]:
    return [*OF_CONTRACT, *settings.GENERATION_MODELS]


def asked_of(name: str) -> dict[str, str]:
    """A name of a client as generation's services take it."""
    if name in OF_CONTRACT:
        return {"model": "", "tier": OF_CONTRACT[name].value}
    return {"model": name, "tier": Tier.STANDARD.value}


def named(body: Body) -> str:
    """The model of a request. Raises WireError."""
    found = body.text("model", 64, USUAL)
    if found not in names():
        raise unknown(found, status=400)
    return found


def unknown(name: str, status: int = 404) -> WireError:
    said = f"The model '{name}' does not exist. Possible: {', '.join(names())}."
    return WireError("model_not_found", said, "model", status)


def as_model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": SINCE, "owned_by": "sora-social"}

"""`/v1/moderations`: what our screening would say of a text; pictures are looked at by the worker.

Screening is of published words, so a score is 1 or 0, and categories it knows nothing of are false.
"""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from generation import screening
from sora_social.ids import uuid7
from sora_social.users.scopes import Scope
from sora_social.wire.bodies import Body, wrong_type
from sora_social.wire.errors import WireError, missing
from sora_social.wire.views import WireView

CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit",
    "illicit/violent", "self-harm", "self-harm/intent", "self-harm/instructions", "sexual",
    "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
MODEL = "screening-words"
MOST_TEXTS, LONGEST = 100, 100_000  # characters of one


class Moderations(WireView):
    writes = Scope.VIDEOS_READ  # it makes nothing

    def post(self, request: Request) -> Response:
        body = Body.of(request)
        body.text("model", 64, "", blank=True)  # there is one, whatever is asked for
        texts = texts_of(body.get("input"))
        said = {"id": f"modr-{uuid7().hex}", "model": MODEL}
        return Response(said | {"results": [judged(text) for text in texts]})


def texts_of(given: Any) -> list[str]:
    """One text, several, or parts of which each has a text. Raises WireError."""
    if given is None:
        raise missing("input")
    listed = given if isinstance(given, list) else [given]
    if not listed or len(listed) > MOST_TEXTS:
        raise WireError("invalid_value", f"'input' takes 1 to {MOST_TEXTS} texts.", "input")
    texts = [_text(one) for one in listed]
    if any(len(text) > LONGEST for text in texts):
        said = f"At most {LONGEST} characters are possible."
        raise WireError("string_above_max_length", said, "input")
    return texts


def _text(one: Any) -> str:
    said = one.get("text") if isinstance(one, dict) else one
    if isinstance(one, dict) and one.get("type") == "image_url":
        message = "Only texts are judged here; pictures are when a video is made with them."
        raise WireError("invalid_value", message, "input")
    if not isinstance(said, str):
        raise wrong_type("input", "a string, or an array of them", said)
    return said


def judged(text: str) -> dict[str, Any]:
    """What is found in a text, in the shape of the contract."""
    found = screening.groups_in([text])
    says = {
        "hate": "hate" in found,
        "self-harm": "self_harm" in found,
        "sexual": "sexual" in found,
        "sexual/minors": {"sexual", "minors"} <= found,
        "violence": "violent" in found,
        "violence/graphic": "violent" in found,
    }
    categories = {name: says.get(name, False) for name in CATEGORIES}
    return {
        "flagged": any(categories.values()),
        "categories": categories,
        "category_scores": {name: float(said) for name, said in categories.items()},
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }

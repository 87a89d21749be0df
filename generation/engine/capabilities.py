"""What a model folder can do, read from its JSON files alone, so that a web process may ask."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from generation.engine.types import Capabilities, Unsupported

CARD = "sora.json"
LTX2 = Capabilities(
    family="LTX2InContextPipeline",
    modes=frozenset({"text", "first_frame", "references", "remix"}),
    sizes=((768, 512), (512, 768), (640, 640)),
    max_seconds=10.0,
    fps=24,
    max_references=3,
    sound=True,
    steps=30,
    guidance=3.0,
    frame_step=8,
)
FAMILIES = {
    "LTX2InContextPipeline": LTX2,
    "LTX2ConditionPipeline": LTX2,
    "LTX2Pipeline": LTX2,
    "LTX2ImageToVideoPipeline": LTX2,
}


def capabilities_of(folder: Path) -> Capabilities:
    """What the diffusers folder can render: its family's defaults, narrowed by its `sora.json`."""
    index = json.loads((folder / "model_index.json").read_text())
    family = FAMILIES.get(index["_class_name"])
    if family is None:
        raise Unsupported("model", index["_class_name"], sorted(FAMILIES))
    return _narrowed(family, card_of(folder).get("capabilities", {}))


def card_of(folder: Path) -> dict[str, Any]:
    """The folder's `sora.json`, empty where an operator brought plain weights."""
    path = folder / CARD
    card: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return card


def check(
    able: Capabilities,
    *,
    width: int,
    height: int,
    frames: int,
    references: int = 0,
    first_frame: bool = False,
    source: bool = False,
) -> None:
    """Raise Unsupported, naming the field and what is possible, if the model cannot do this."""
    if (width, height) not in able.sizes:
        raise Unsupported("size", (width, height), able.sizes)
    most = able.frames_for(able.max_seconds)
    if not 1 <= frames <= most or (frames - 1) % able.frame_step:
        raise Unsupported("frames", frames, [*range(1, most + 1, able.frame_step)])
    if references > able.max_references:
        raise Unsupported("references", references, able.max_references)
    asked = {"first_frame": first_frame, "references": references > 0, "remix": source}
    for mode in (name for name, wanted in asked.items() if wanted):
        if mode not in able.modes:
            raise Unsupported(mode, True, sorted(able.modes))


def as_card(able: Capabilities) -> dict[str, Any]:
    """The capabilities as they stand in a card."""
    return asdict(able) | {"modes": sorted(able.modes)}


def _narrowed(family: Capabilities, card: dict[str, Any]) -> Capabilities:
    known = dict(card)
    if "modes" in known:
        known["modes"] = frozenset(known["modes"])
    if "sizes" in known:
        known["sizes"] = tuple((width, height) for width, height in known["sizes"])
    return replace(family, **known)

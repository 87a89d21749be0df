"""The words of a manifest: what was done, with what model, from what. It knows no Django.

Manifests are public for ever. They name nobody: a mark's number stands for the output, and only
the server knows whose that is and who is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generation.marking import code_of

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = f"{IPTC}trainedAlgorithmicMedia"
COMPOSED = f"{IPTC}compositeWithTrainedAlgorithmicMedia"
MARK = "social.sora.mark.1"  # how the invisible mark is written
MADE = "social.sora.made"  # our own assertion

# What a parent is to its child, by its role: what the claim calls it, and what was done with it.
PARENT, INPUT, COMPONENT = "parentOf", "inputTo", "componentOf"
RELATIONSHIPS = {
    "remix": INPUT,
    "blend": INPUT,
    "extend": PARENT,
    "restyle": PARENT,
    "inpaint": PARENT,
    "recast": PARENT,
    "stitch": COMPONENT,
}
KEEPS = frozenset({"extend", "inpaint", "stitch"})  # roles in which pixels of a parent stay


@dataclass(frozen=True)
class Told:
    """What there is to tell of an output."""

    mark: int
    model: str
    weights: str  # their hash, or empty where no model had a part in it
    policy: str
    version: str  # of this software
    roles: tuple[str, ...] = ()  # of its parents, in order

    @property
    def is_marked(self) -> bool:
        """Whether its own mark is in its pixels: what is joined keeps those of its pieces."""
        return "stitch" not in self.roles


def definition(told: Told) -> dict[str, Any]:
    """The manifest, as c2pa's Builder takes it; ingredients are added to it by their labels."""
    return {
        "claim_generator_info": [{"name": "Sora Social", "version": told.version}],
        "title": title(told.mark),
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions(told)}},
            {"label": MADE, "data": made(told)},
            *([soft_binding(told.mark)] if told.is_marked else []),
        ],
    }


def actions(told: Told) -> list[dict[str, Any]]:
    """What was done, in order: everything begins anew, or by opening the one parent there is."""
    kind = COMPOSED if KEEPS & {*told.roles} else GENERATED
    how = {
        "digitalSourceType": kind,
        "softwareAgent": {"name": told.model or "Sora Social", "version": told.version},
    }
    related = relationships(told.roles)
    if related == [PARENT]:
        begun = [_done("c2pa.opened", 0), {"action": "c2pa.edited"} | how]
    else:
        inputs = [place for place, one in enumerate(related) if one == INPUT]
        begun = [_done("c2pa.created", *inputs) | how]
    placed = [_done("c2pa.placed", at) for at, one in enumerate(related) if one == COMPONENT]
    marked = [{"action": "c2pa.watermarked.bound"}] if told.is_marked else []
    return [*begun, *placed, *marked]


def relationships(roles: Sequence[str]) -> list[str]:
    """What each parent is to the claim; only a single one can be opened."""
    found = [RELATIONSHIPS.get(role, INPUT) for role in roles]
    return found if len(found) == 1 else [INPUT if one == PARENT else one for one in found]


def ingredient(told: Told, place: int, mark: int | None) -> dict[str, Any]:
    """A parent; one that has no mark has no title that leads anywhere."""
    return {
        "title": "unmarked" if mark is None else title(mark),
        "relationship": relationships(told.roles)[place],
        "label": label_of(place),
        "instance_id": label_of(place),
    }


def _done(action: str, *parents: int) -> dict[str, Any]:
    """An action, and which parents it was done with."""
    said: dict[str, Any] = {"action": action}
    if parents:
        said["parameters"] = {"ingredientIds": [label_of(place) for place in parents]}
    return said


def soft_binding(mark: int) -> dict[str, Any]:
    """How the manifest is found again where it was stripped: by the mark in the pixels."""
    said = {"alg": MARK, "blocks": [{"scope": {}, "value": code_of(mark)}]}
    return {"label": "c2pa.soft-binding", "data": said}


def made(told: Told) -> dict[str, Any]:
    said = {"mark": code_of(told.mark), "policy": told.policy}
    if told.weights:
        said |= {"model": told.model, "weights": told.weights}
    return said


def title(mark: int) -> str:
    return f"sora:{code_of(mark)}"


def label_of(place: int) -> str:
    return f"parent{place}"

"""The models that a job may name: the usual one, and those an operator keeps beside it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from generation.engine.capabilities import capabilities_of
from generation.engine.types import Capabilities
from generation.errors import EngineMissing, NotPossible

USUAL = ""  # of a job that names none


def names() -> list[str]:
    """The usual one first."""
    return list(dict.fromkeys([settings.GENERATION_MODEL.name, *settings.GENERATION_MODELS]))


def name_of(model: str) -> str:
    """What it is called: the usual one by its folder."""
    return model or settings.GENERATION_MODEL.name


def kept_as(model: str) -> str:
    """How a job keeps it: the usual one is whichever is the usual one when it is rendered."""
    return USUAL if model == settings.GENERATION_MODEL.name else model


def knows(model: str) -> bool:
    """Whether it can be rendered with; what was there at submit may be gone by now."""
    return not model or name_of(model) in names()


def folder_of(model: str) -> Path:
    """Where its weights are. Raises NotPossible."""
    if not kept_as(model):
        return settings.GENERATION_MODEL
    try:
        return settings.GENERATION_MODELS[model]
    except KeyError:
        raise NotPossible(field="model", asked=model, possible=names()) from None


def in_order(model: str) -> dict[str, str]:
    """How an order to the rendering child says which. Raises NotPossible."""
    return {"model": str(folder_of(model))} if model else {}


def capabilities(model: str = USUAL) -> Capabilities:
    """What a model can do. Raises NotPossible, EngineMissing."""
    folder = folder_of(model)
    try:
        return capabilities_of(folder)
    except (OSError, ValueError) as error:
        raise EngineMissing(model=name_of(model)) from error

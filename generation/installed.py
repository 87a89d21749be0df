"""Whether the policy knows every label of the models that look after safety, asked when a process
starts: of another one no job would be made. Nothing is loaded for it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from generation.engine.loading import BadModel, labels_of
from generation.screening import POLICY

GENERIC = {"label_0", "label_1"}  # of a model that writes, whose config has no labels of its own


@register()
def labels_are_known(**_: Any) -> list[CheckMessage]:
    return [
        *_strange("SCREENING_PICTURES", settings.SCREENING_PICTURES, POLICY.pictures),
        *_strange("SCREENING_TEXTS", settings.SCREENING_TEXTS, POLICY.texts),
    ]


def _strange(name: str, folder: Path | None, known: Collection[str]) -> list[CheckMessage]:
    if folder is None:
        return []
    try:
        strange = {*labels_of(folder)} - {*known} - GENERIC
    except (OSError, BadModel) as bad:
        return [Error(f"{name}: {bad}", id="generation.E201")]
    if not strange:
        return []
    said = f"{name}: the policy does not know {', '.join(sorted(strange))}"
    return [Error(said, hint="Say what they mean in SCREENING_POLICY.", id="generation.E202")]

"""How well each layer of screening does: the tables of docs/safety.md, and every miss.

Where SCREENING_TEXTS names a model, the texts are shown to it as well, alone and together with the
lists of words; where SCREENING_PICTURES does, `--pictures` is a folder of pictures to show it, in
subfolders that are called like a group of the policy, or `none`. This process loads the models.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from generation.screening.evaluation import pictures as looking
from generation.screening.evaluation.measuring import (
    Told,
    either,
    measure,
    table,
    told,
    told_by,
)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, help="all of it, as JSON")
        parser.add_argument("--pictures", type=Path, help="a labelled folder for the model")

    def handle(self, *, out: Path | None, pictures: Path | None, **_: Any) -> None:
        found = {name: measure(one) for name, one in _readers().items()}
        copies, shown = looking.copies(), _shown(pictures)
        if out:
            every = {"texts": found, "copies": copies, "pictures": shown}
            out.write_text(json.dumps(every, ensure_ascii=False, indent=1))
        for name, one in found.items():
            self.stdout.write(f"Layer: {name}\n\n{table(one)}\n")
        self.stdout.write(f"Layer: copies and pictures\n\n{looking.table(copies, shown)}")


def _readers() -> dict[str, Told]:
    """The layers that read, and all of them together."""
    if settings.SCREENING_TEXTS is None:
        return {"words": told}
    model = told_by(_ask)
    return {"words": told, "texts": model, "both": either(told, model)}


def _ask(order: dict[str, Any]) -> dict[str, Any]:
    model, known = _load(Path(order["folder"]))
    return {"scores": model.scores(order["texts"]), "weights_hash": known}


def _shown(folder: Path | None) -> dict[str, dict[str, int]]:
    if folder is None or settings.SCREENING_PICTURES is None:
        return {}
    return looking.of_model(_load(settings.SCREENING_PICTURES)[0], folder)


def _load(folder: Path) -> Any:
    from generation.engine.classifying import load  # noqa: PLC0415 -- torch loads on first use

    return load(folder)

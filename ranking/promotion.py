"""A model is trained on the older part of the log and judged on the newer. It serves only if what
happened there surprised it less than it did the prior and the model before it.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from ranking import prior
from ranking.examples import examples
from ranking.judging import calibration, surprise
from ranking.models import TrainedModel
from ranking.network import HEADS, BadModel, Learned
from ranking.registry import read
from ranking.training import Examples, learn
from ranking.types import Numbers

log = logging.getLogger(__name__)
LEAST, LEAST_MADE = 500, 20  # impressions that were looked at, and creations
HELD_OUT = 0.2
FILES = 10  # of the last that served are kept


class TooLittle(Exception):
    """The log does not hold enough to learn from."""


def train(moment: datetime) -> TrainedModel:
    """Learn from the log, judge, and let it serve if it is better. Raises TooLittle."""
    everything = examples(moment)
    _require_enough(everything)
    early, late = everything.split(HELD_OUT)
    last = newest()
    learned = learn(early, start=last)
    surprised = {"model": surprise(late, learned), "prior": surprise(late, None)}
    if last is not None:
        surprised["last"] = surprise(late, last)
    better = all(
        surprised["model"].sum() < of.sum() for name, of in surprised.items() if name != "model"
    )
    figures = _figures(surprised) | {
        "held_out": len(late),
        "happened": dict(zip(HEADS, early.happened().round(1).tolist(), strict=True)),
        "calibration": calibration(late, learned),
    }
    return _keep(learned, len(early), figures, better)


def _require_enough(found: Examples) -> None:
    made = found.happened()[HEADS.index("create")]
    if len(found) < LEAST or made < LEAST_MADE:
        raise TooLittle(
            f"{len(found)} impressions and {made:.0f} creations teach nothing yet: "
            f"{LEAST} and {LEAST_MADE} are needed"
        )


def newest() -> Learned | None:
    """The last that was promoted and can still be read."""
    for row in TrainedModel.objects.filter(promoted=True).order_by("-pk")[:FILES]:
        try:
            return read(row)
        except BadModel as reason:
            log.error("%s is not taken: %s", row.name, reason)
    return None


def _figures(surprised: dict[str, Numbers]) -> dict[str, Any]:
    heads = {
        head: {name: round(float(of[at]), 6) for name, of in surprised.items()}
        for at, head in enumerate(prior.HEADS)
    }
    total = {name: round(float(np.sum(of)), 6) for name, of in surprised.items()}
    return {"surprise": heads | {"total": total}}


@transaction.atomic
def _keep(learned: Learned, count: int, figures: dict[str, Any], promoted: bool) -> TrainedModel:
    file = learned.packed() if promoted else b""
    row = TrainedModel.objects.create(
        examples=count, figures=figures, promoted=promoted, file=file,
        sha256=hashlib.sha256(file).hexdigest() if promoted else "",
    )  # fmt: skip
    if promoted:
        read(row)  # what cannot be read again is not kept
    served = TrainedModel.objects.filter(promoted=True).order_by("-pk").values_list("pk", flat=True)
    TrainedModel.objects.filter(pk__in=list(served[FILES : 2 * FILES])).update(file=b"")
    return row

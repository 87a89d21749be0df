"""How much was shown, and how much of what is new is the same again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Func, IntegerField, Sum

from ranking.embedding import unpacked
from ranking.models import ServedPage

ALIKE, WORN = 0.9, 3  # cosine; texts that are one


class Length(Func):
    """How many a JSON list holds."""

    function, output_field = "jsonb_array_length", IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, function="json_array_length", **more)


def saturation(kept: Sequence[bytes]) -> float | None:
    """The share of texts, as `embedding.packed`, that at least two others are nearly the same as;
    None of none. Those that say nothing are nobody's repetition."""
    vectors = unpacked([vector for vector in kept if vector]).astype(np.float32)
    if not len(kept):
        return None
    alike = (vectors @ vectors.T >= ALIKE).sum(axis=1)  # each is like itself
    return float((alike >= WORN).sum() / len(kept))


def impressions(begin: datetime, end: datetime) -> int:
    """How many places of pages were served in a time."""
    pages = ServedPage.objects.filter(at__gte=begin, at__lt=end).order_by()
    return pages.aggregate(found=Sum(Length("items")))["found"] or 0

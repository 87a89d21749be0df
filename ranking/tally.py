"""How much was shown, counted where it was logged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Func, IntegerField, Sum

from ranking.models import ServedPage


class Length(Func):
    """How many a JSON list holds."""

    function, output_field = "jsonb_array_length", IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, function="json_array_length", **more)


def impressions(begin: datetime, end: datetime) -> int:
    """How many places of pages were served in a time."""
    pages = ServedPage.objects.filter(at__gte=begin, at__lt=end).order_by()
    return pages.aggregate(found=Sum(Length("items")))["found"] or 0

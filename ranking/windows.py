"""What a nudge may have caused: it never teaches the ranker, which would look for more of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from django.db.models import DateTimeField, Exists, ExpressionWrapper, Model, OuterRef, QuerySet

from ranking.models import ServedPage
from ranking.types import Arm

WINDOW = timedelta(minutes=10)
Logged = TypeVar("Logged", bound=Model)


def outside_nudges(rows: QuerySet[Logged]) -> QuerySet[Logged]:
    """Rows with `viewer` and `at` that do not follow a nudge that was shown within ten minutes."""
    ago = ExpressionWrapper(OuterRef("at") - WINDOW, DateTimeField())
    shown = ServedPage.objects.exclude(nudge_arm__in=["", Arm.NONE])
    before = shown.filter(viewer=OuterRef("viewer"), at__lte=OuterRef("at"), at__gt=ago)
    return rows.exclude(Exists(before))

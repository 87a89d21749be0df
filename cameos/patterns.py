"""Harassment shows in what is tried in vain: one person again and again, or many at once."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count
from django.utils.timezone import now

from cameos.models import Cameo, GateRecord
from sora_social.moderation.models import CaseKind, Subject
from sora_social.moderation.services import open_case

WITHIN = timedelta(hours=1)
BY_ONE, BY_MANY = 10, 10  # refused attempts of one person; people who were refused


def watch(cameo: Cameo) -> None:
    """Raise a case when the refused attempts at a likeness look like a hunt."""
    lately = GateRecord.objects.refused().filter(cameo=cameo, at__gt=now() - WITHIN)
    tries = list(lately.order_by().values("person").annotate(tries=Count("pk")))
    most = max((one["tries"] for one in tries), default=0)
    if most >= BY_ONE or len(tries) >= BY_MANY:
        again = sorted(one["person"] for one in tries if one["tries"] >= BY_ONE)
        facts = {"within_minutes": 60, "people": len(tries), "most_by_one": most, "against": again}
        open_case(Subject.CAMEO, str(cameo.pk), CaseKind.PATTERN, **facts)

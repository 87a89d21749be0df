"""The published transparency reports, for everybody: a list, a page, a CSV."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from sora_social.moderation import transparency
from sora_social.moderation.models import TransparencyReport


@require_GET
def months(request: HttpRequest) -> HttpResponse:
    found = TransparencyReport.objects.order_by("-month").values_list("month", flat=True)
    return render(request, "moderation/transparency.html", {"months": found[:120]})


@require_GET
def one(request: HttpRequest, month: str) -> HttpResponse:
    report = get_object_or_404(TransparencyReport, month=month)
    return render(request, "moderation/transparency_month.html", {"report": report})


@require_GET
def as_csv(request: HttpRequest, month: str) -> HttpResponse:
    report = get_object_or_404(TransparencyReport, month=month)
    named = {"Content-Disposition": f'attachment; filename="transparency-{report.month}.csv"'}
    return HttpResponse(transparency.as_csv(report), "text/csv; charset=utf-8", headers=named)

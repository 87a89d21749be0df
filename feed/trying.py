"""The operators' door to experiments: what may be tried, what is, and what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from feed.charts import Whisker, whiskers
from feed.outcomes import METRICS
from ranking.models import Experiment, Exposure
from ranking.services import experiments
from sora_social import audit
from sora_social.errors import DomainError

WORDS = {
    "created": "made something", "posted": "posted", "remixed": "remixes by others",
    "returned": "came back the day after", "hides": "hidden posts",
}  # fmt: skip
ACTS = {"start", "stop"}


def page(request: HttpRequest) -> HttpResponse:
    """List them; start one, or end one."""
    if request.method == "POST":
        return _act(request)
    around = admin.site.each_context(request) | {"title": "Experiments"}
    shown = {"experiments": [_shown(*both) for both in experiments.known()]}
    return TemplateResponse(request, "feed/experiments.html", around | shown)


def _act(request: HttpRequest) -> HttpResponse:
    act, name = request.POST.get("do", ""), request.POST.get("name", "")[:40]
    try:
        if act == "start":
            experiments.start(name)
        elif act == "stop":
            experiments.stop(name, "by an operator")
    except DomainError as refused:
        messages.error(request, refused.message)
    else:
        if act in ACTS:
            audit.record(f"experiment.{act}", request.user.pk, name=name)
    return HttpResponseRedirect(request.path)


def _shown(definition: Any, run: Experiment | None) -> dict[str, Any]:
    result = run.result if run else {}
    asked = [definition.metric, *definition.guardrails]
    return {
        "it": definition,
        "run": run,
        "state": run.state if run else "planned",
        "met": _met(definition),
        "rows": [_row(definition, name, result.get(name)) for name in asked],
    }


def _met(definition: Any) -> list[tuple[str, int]]:
    rows = Exposure.objects.filter(experiment=definition.name).order_by()
    counted = dict(rows.values_list("arm").annotate(n=Count("pk")))
    return [(arm, counted.get(arm, 0)) for arm in definition.arms]


def _row(definition: Any, name: str, found: dict[str, Any] | None) -> dict[str, Any]:
    worst = definition.guardrails.get(name)
    role = "decides" if worst is None else f"may become worse by {worst:g}"
    said = {"name": WORDS.get(name, name), "role": role, "found": found}
    return said | {"whisker": _whisker(name, found) if found else None}


def _whisker(name: str, found: dict[str, Any]) -> Whisker | None:
    edges = found["low"], found["difference"], found["high"]
    if None in edges:  # nobody differs from anybody yet
        return None
    return whiskers([edges], lambda v: f"{v:+.3f}", METRICS[name].more_is_better)[0]

"""What a case says that screening decided, without anybody."""

from __future__ import annotations

from typing import Any

from sora_social.moderation.models import Case, CaseKind, CaseState

TOLD = ("rule", "suggestion", "policy", "because")  # of a verdict


def told(case: Case) -> dict[str, Any] | None:
    """The verdict that a case stands on, as those it goes against read it; None of other cases."""
    verdict = case.facts.get("verdict")
    return {name: verdict[name] for name in TOLD if name in verdict} if verdict else None


def is_automatic(case: Case) -> bool:
    """Whether nobody has looked at it yet."""
    return case.kind == CaseKind.SCREENING and case.state in (CaseState.DECIDED, CaseState.APPEALED)

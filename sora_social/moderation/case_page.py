"""One case as its page shows it, and what its buttons do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple

from sora_social.audit import AuditRecord
from sora_social.moderation import appeals, desk, services
from sora_social.moderation.models import Appeal, Case
from sora_social.moderation.people import day
from sora_social.moderation.states import (
    AGAINST,
    DECISIONS,
    REASONS,
    CaseKind,
    CaseState,
    Decision,
    Outcome,
    Reason,
)
from sora_social.users.models import User

MOST_REPORTS = 50
SHOWN_ELSEWHERE = {"findings", "like", "against"}
SAID = {
    "case_decided": "decided: {decision}, {reason}",
    "case_appealed": "appealed",
    "appeal_settled": "appeal settled: {outcome}",
    "case_withdrawn": "settled: there was nothing left of it",
}


class Choice(NamedTuple):
    """A decision with its reason, and the key that chooses it."""

    key: str
    value: str
    decision: str
    reason: str


def shown(case: Case, moderator: User) -> dict[str, Any]:
    """What the template shows."""
    appeal = Appeal.objects.select_related("person", "moderator").filter(case=case).first()
    reports = case.reports.select_related("reporter").order_by("made_at")
    return {
        "case": case,
        "appeal": appeal,
        "exhibits": desk.exhibits(case),
        "reports": reports[:MOST_REPORTS],
        "facts": list(_facts(case)),
        "life": list(_life(case)),
        "can": _can(case, appeal, moderator),
        "choices": list(_choices(case)),
        "strikes": case.state == CaseState.CLAIMED and _may_strike(case),
    }


def act(case: Case, moderator: User, posted: Mapping[str, str]) -> None:
    """Do what a button says. Raises what the services raise."""
    choice, _, reason = posted.get("choice", "").partition(":")
    note = posted.get("note", "")[:1000]
    match posted.get("do"):
        case "claim":
            services.claim(case, moderator)
        case "release":
            services.release(case, moderator)
        case "decide" if case.state == CaseState.APPEALED:
            services.settle(case, moderator, choice, reason, note)
        case "decide":
            services.decide(case, moderator, choice, reason, note, strike="strike" in posted)


def _can(case: Case, appeal: Appeal | None, moderator: User) -> set[str]:
    if case.state == CaseState.APPEALED and appeal:
        if appeal.moderator == moderator:
            return {"release", "decide"}
        fresh = appeal.moderator is None and case.moderator_id != moderator.pk
        return {"claim"} if fresh else set()
    if case.state == CaseState.OPEN:
        return {"claim"}
    held = case.state == CaseState.CLAIMED and case.moderator_id == moderator.pk
    return {"release", "decide"} if held else set()


def _choices(case: Case) -> Iterator[Choice]:
    """Numbered as the keyboard has them: 1 to 9, then 0."""
    keys = (str(number % 10) for number in count(1))
    if case.state == CaseState.APPEALED:
        yield Choice(next(keys), Outcome.UPHELD, "Uphold", Outcome.UPHELD.label)
        decision = appeals.reverse_of(case)
        for reason in REASONS[decision]:
            value = f"{Outcome.OVERTURNED}:{reason}"
            yield Choice(next(keys), value, f"Overturn: {decision.label.lower()}", reason.label)
        return
    for decision in DECISIONS[CaseKind(case.kind)]:
        for reason in REASONS[decision]:
            yield Choice(next(keys), f"{decision}:{reason}", decision.label, reason.label)


def _may_strike(case: Case) -> bool:
    return any(decision in AGAINST for decision in DECISIONS[CaseKind(case.kind)])


def _facts(case: Case) -> Iterator[tuple[str, str]]:
    for name, value in case.facts.items():
        if name not in SHOWN_ELSEWHERE:
            said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield name.replace("_", " "), said
    if against := case.facts.get("against"):
        handles = User.objects.filter(pk__in=against).values_list("handle", flat=True)
        yield "again and again", ", ".join(f"@{handle}" for handle in handles)
    if case.decision:
        said = f"{Decision(case.decision).label}: {dict(Reason.choices).get(case.reason, '')}"
        yield "decision", said
    if case.note:
        yield "note", case.note


def _life(case: Case) -> Iterator[tuple[str, str]]:
    """What happened to the case, from the audit chain."""
    yield day(case.made_at), "opened"
    rows = AuditRecord.objects.filter(kind__in=SAID, case=str(case.pk)).order_by("pk")
    names = dict(User.objects.filter(pk__in={r.actor_id for r in rows}).values_list("pk", "handle"))
    for row in rows:
        by = names.get(row.actor_id)
        yield day(row.at), SAID[row.kind].format(**row.body) + (f" (@{by})" if by else "")

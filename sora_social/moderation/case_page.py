"""One case as its page shows it, and what its buttons do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import chain, repeat
from typing import Any, NamedTuple

from django.utils.timezone import now

from sora_social import audit
from sora_social.audit import AuditRecord
from sora_social.moderation import appeals, desk, identities, services
from sora_social.moderation.models import Appeal, Case
from sora_social.moderation.people import day
from sora_social.moderation.states import (
    AGAINST,
    DECISIONS,
    UNDECIDED,
    CaseKind,
    CaseState,
    Decision,
    Outcome,
    Reason,
    reasons_of,
)
from sora_social.users.models import User

MOST_REPORTS = 50
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SOON = 12 * HOUR
SHOWN_ELSEWHERE = {"findings", "like", "against", "verdict"}
SAID = {
    "case_decided": "decided: {decision}, {reason}",
    "screened_out": "stopped by screening: {rule}, policy {policy}",
    "case_appealed": "appealed",
    "appeal_settled": "appeal settled: {outcome}",
    "case_withdrawn": "settled: there was nothing left of it",
    "claim_received": "claimed; credible: {credible}",
    "claim_hidden": "hidden at once",
    "copies_barred": "{source} may not come back",
    "copy_found": "a copy was found and hidden: {subject_id}",
    "copy_barred": "a new copy was stopped",
    "bars_lifted": "what was barred may come back",
    "claimants_looked_at": "looked at who signed",
    "counter_notice": "a counter-notice was made",
    "counter_contested": "the claimant objected to the counter-notice",
    "counter_restored": "nobody objected to the counter-notice: shown again",
}


class Choice(NamedTuple):
    """A decision with its reason, and the key that chooses it."""

    key: str
    value: str
    decision: str
    reason: str


def shown(case: Case, moderator: User, *, unsealed: bool = False) -> dict[str, Any]:
    """What the template shows; `unsealed`: who signed as well, for who holds the case."""
    appeal = Appeal.objects.select_related("person", "moderator").filter(case=case).first()
    reports = case.reports.select_related("reporter").order_by("made_at")
    can = _can(case, appeal, moderator)
    return {
        "case": case,
        "appeal": appeal,
        "exhibits": desk.exhibits(case),
        "deadline": deadline(case),
        "reports": reports[:MOST_REPORTS],
        "more_reports": max(0, case.reported - MOST_REPORTS),
        "hidden": list(_hidden(case)),
        "facts": list(_facts(case)),
        "life": list(_life(case)),
        "can": can,
        "claimants": claimants(case, moderator) if unsealed and "decide" in can else None,
        "choices": list(_choices(case)),
        "strikes": case.state == CaseState.CLAIMED and _may_strike(case),
    }


def deadline(case: Case) -> tuple[str, str]:
    """How long there is to decide, and how it is drawn: soon, overdue or neither; nothing for a
    case without a clock, or decided."""
    if case.due_at is None or case.state not in UNDECIDED:
        return "", ""
    left = case.due_at - now()
    said = f"{abs(left) // HOUR} h {abs(left) % HOUR // MINUTE} min"
    if case.is_overdue:
        return f"overdue since {said}", "overdue"
    return said, "soon" if left < SOON else ""


def claimants(case: Case, moderator: User) -> list[tuple[str, dict[str, str]]]:
    """Who signed, unsealed for a moderator; each look is written to the audit chain."""
    sealed = case.reports.exclude(sealed="").order_by("made_at")[:MOST_REPORTS]
    audit.record("claimants_looked_at", moderator.pk, case=str(case.pk))
    return [(day(report.made_at), identities.unseal(report.sealed)) for report in sealed]


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
    """Numbered as the keyboard has them: 1 to 9, then 0; the rest have no key."""
    keys = chain("1234567890", repeat(""))
    if case.state == CaseState.APPEALED:
        yield Choice(next(keys), Outcome.UPHELD, "Uphold", Outcome.UPHELD.label)
        decision = appeals.reverse_of(case)
        for reason in reasons_of(case.kind, decision):
            value = f"{Outcome.OVERTURNED}:{reason}"
            yield Choice(next(keys), value, f"Overturn: {decision.label.lower()}", reason.label)
        return
    for decision in DECISIONS[CaseKind(case.kind)]:
        for reason in reasons_of(case.kind, decision):
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


def _hidden(case: Case) -> Iterator[tuple[str, str]]:
    """What is down because of this case, and what of it may not come back."""
    for down in case.hides.order_by("made_at")[:MOST_REPORTS]:
        until = f"until {day(down.lifted_at)}" if down.lifted_at else "and still is"
        yield (
            day(down.made_at),
            f"{down.subject} {down.subject_id} went down ({down.reason}) {until}",
        )
    for bar in case.bars.filter(lifted_at=None).order_by("pk")[:MOST_REPORTS]:
        swept = f"copies were looked for {day(bar.swept_at)}" if bar.swept_at else "not swept yet"
        yield day(bar.made_at), f"{bar.source} may not come back; {swept}"


def _life(case: Case) -> Iterator[tuple[str, str]]:
    """What happened to the case, from the audit chain."""
    yield day(case.made_at), "opened"
    rows = AuditRecord.objects.filter(kind__in=SAID, case=str(case.pk)).order_by("pk")
    names = dict(User.objects.filter(pk__in={r.actor_id for r in rows}).values_list("pk", "handle"))
    for row in rows:
        by = names.get(row.actor_id)
        yield day(row.at), SAID[row.kind].format(**row.body) + (f" (@{by})" if by else "")

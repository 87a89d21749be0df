"""What became of a report, for who holds its receipt and nothing else."""

from __future__ import annotations

from typing import Any

from django.utils.timezone import now

from sora_social.errors import NotFound
from sora_social.moderation import identities
from sora_social.moderation.deciding import public_ids
from sora_social.moderation.models import Appeal, CaseState, CounterNotice, Report, Takedown
from sora_social.moderation.states import UNDECIDED, Decision, Reason


def report_of(receipt: str) -> Report:
    """Raises NotFound, also where there was nothing at the address that was given."""
    wanted = identities.digest_of(receipt)
    found = Report.objects.select_related("case").filter(receipt=wanted).first()
    if found is None:
        raise NotFound()
    return found


def outcome(report: Report) -> dict[str, Any]:
    """State, decision and reason; never who is on the other side, or who decided."""
    case, undecided = report.case, report.case.state in UNDECIDED
    about = {"subject": case.subject, "subject_id": case.subject_id}
    appeal = Appeal.objects.filter(case=case).first()
    counter = CounterNotice.objects.filter(case=case).first()
    until = case.appeal_until
    may = case.state == CaseState.DECIDED and case.decision == Decision.KEEP and until
    return {
        "subject": case.subject,
        "subject_id": public_ids([case])[case.subject, case.subject_id],
        "reported_for": report.reason,
        "state": CaseState.OPEN if undecided else case.state,
        "hidden": Takedown.objects.standing().filter(**about).exists(),
        "due_at": case.due_at if undecided else None,
        "decision": case.decision,
        "reason": case.reason,
        "why": dict(Reason.choices).get(case.reason, ""),
        "decided_at": case.decided_at,
        "appeal_until": until if may and until > now() else None,
        "appeal_outcome": appeal.outcome if appeal else "",
        "counter_notice": counter.text if counter else None,
        "restores_at": _restores_at(counter),
    }


def _restores_at(counter: CounterNotice | None) -> Any:
    waits = counter and not counter.objected_at and not counter.restored_at
    return counter.restores_at if counter and waits else None

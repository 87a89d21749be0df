"""Counter-notices, for what may be countered: who made it signs that it is theirs, the claimant may
object, and when nobody does it is shown again after the waiting period of the policy."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.timezone import now

from sora_social import audit, outbox
from sora_social.errors import NotFound
from sora_social.moderation import bars, deciding, identities, policy
from sora_social.moderation.errors import NotContestable, NotCounterable
from sora_social.moderation.models import Case, CaseState, CounterNotice, Decision, Report
from sora_social.moderation.states import Reason
from sora_social.users.models import User


@transaction.atomic
def counter(person: User, case: Case, text: str, name: str) -> CounterNotice:
    """Say under one's name that it was taken down by mistake; once for each case.

    Raises NotFound, NotCounterable.
    """
    case = Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.pk)
    if not case.against.filter(pk=person.pk).exists():
        raise NotFound()
    if rule := why_not(case):
        raise NotCounterable(rule=rule)
    made = CounterNotice.objects.create(
        case=case, person=person, text=text, sealed=identities.seal(name=name),
        restores_at=now() + policy.COUNTER_WAITS,
    )  # fmt: skip
    audit.record("counter_notice", person.pk, case=str(case.pk), policy=policy.VERSION)
    for claimant in case.reports.exclude(reporter=None).values_list("reporter", flat=True):
        facts = {"case": str(case.pk), "text": text, "until": made.restores_at.isoformat()}
        outbox.write(f"counter_notice:{case.pk}:{claimant}", claimant, "counter_notice", **facts)
    return made


def why_not(case: Case) -> str:
    """The first rule that says no to a counter-notice; none when it may be made."""
    if case.state != CaseState.DECIDED or case.decision != Decision.TAKE_DOWN:
        return "not_taken_down"
    if case.reason not in policy.COUNTERED_FOR:
        return "other_reason"
    return "countered" if CounterNotice.objects.filter(case=case).exists() else ""


@transaction.atomic
def contest(report: Report, text: str) -> CounterNotice:
    """The claimant has gone to court, or says why it must stay down: it is not shown again by
    itself. Raises NotContestable."""
    waiting = CounterNotice.objects.filter(case=report.case, restored_at=None, objected_at=None)
    if not waiting.update(objected_at=now(), objection=text):
        raise NotContestable()
    audit.record("counter_contested", report.reporter_id, case=str(report.case_id))
    made = CounterNotice.objects.get(case=report.case)
    if made.person_id is not None:
        key = f"counter_contested:{report.case_id}"
        outbox.write(key, made.person_id, "counter_contested", case=str(report.case_id))
    return made


def restore_uncontested(limit: int = 20) -> int:
    """A sweeper: what nobody contested in time is shown again; how many there were."""
    due = CounterNotice.objects.filter(restored_at=None, objected_at=None, restores_at__lt=now())
    return sum(_restore(pk) for pk in due.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _restore(case_id: UUID) -> bool:
    bars.alone()
    waiting = CounterNotice.objects.filter(pk=case_id, restored_at=None, objected_at=None)
    if not waiting.update(restored_at=now()):
        return False
    case = Case.objects.get(pk=case_id)
    if case.state == CaseState.DECIDED:
        case.move(CaseState.SETTLED, decision=Decision.KEEP, reason=Reason.COUNTERED)
        deciding.undo(case, None)
        audit.record("counter_restored", None, case=str(case.pk), policy=policy.VERSION)
    return True

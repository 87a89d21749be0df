"""Decided by rules, without anybody: told with the reasons, and open to an appeal like every other
decision. It costs no strike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from sora_social import audit
from sora_social.moderation import appeals, deciding, desk
from sora_social.moderation.models import Appeal, Case, CaseKind, CaseState, Decision
from sora_social.moderation.takedowns import put_down
from sora_social.users.models import User

Verdict = dict[str, Any]


@transaction.atomic
def stop(subject: str, subject_id: str, reason: str, verdict: Verdict) -> Case:
    """What screening finds against the rules is down, and whose it is hears why."""
    case = _decided(subject, subject_id, reason, verdict, now())
    put_down(subject, subject_id, None, reason, case=case)
    for person in case.against.all():
        deciding.tell(case, person)
    return case


@transaction.atomic
def appeal_refused(
    person: User, subject: str, subject_id: str, reason: str, verdict: Verdict, at: datetime,
    text: str,
) -> Appeal:  # fmt: skip
    """Appeal what was refused `at` a time, and was no case so far. With the subject's row locked.

    Raises NotFound, NotAppealable, IllegalMove.
    """
    about = {"subject": subject, "subject_id": subject_id, "kind": CaseKind.SCREENING}
    case = Case.objects.filter(**about).first() or _decided(
        subject, subject_id, reason, verdict, at
    )
    return appeals.appeal(person, case, text)


def _decided(subject: str, subject_id: str, reason: str, verdict: Verdict, at: datetime) -> Case:
    case = Case.objects.create(
        subject=subject, subject_id=subject_id, kind=CaseKind.SCREENING, state=CaseState.DECIDED,
        decision=Decision.TAKE_DOWN, reason=reason, decided_at=at, facts={"verdict": verdict},
    )  # fmt: skip
    owner = desk.parties(subject, subject_id, case.facts).owner
    case.against.set(User.objects.filter(pk=owner))
    facts = {"rule": verdict["rule"], "policy": verdict["policy"]}
    audit.record("screened_out", None, case=str(case.pk), subject_id=subject_id, **facts)
    return case
